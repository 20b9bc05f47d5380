import type { BackfillTask } from "#domain/booking.ts";
import type { DesiredEvent, RemoteEvent } from "#domain/calendar-event.ts";
import { type AdoptionProblem, adoptionProblem, changeOfAdoption } from "#domain/event-adoption.ts";
import { isEmptyChange } from "#domain/event-change.ts";
import { RetryableError } from "#kernel/verdicts.ts";
import type { BookingLease } from "#ports/booking-store.ts";
import { awaitConference, type EventHolderDeps, LeaseLostError, MAX_MERGES } from "./event-holder.ts";

export interface AdoptionRequest {
  readonly lease: BookingLease;
  readonly task: Extract<BackfillTask, { kind: "adopt" }>;
  readonly event: DesiredEvent;
  readonly note: (effect: string, key: string, outcome: string) => void;
}

export type Adoption =
  | { readonly kind: "adopted"; readonly event: RemoteEvent }
  /** It is not any more what a person had confirmed. */
  | { readonly kind: "refused"; readonly reason: AdoptionProblem | "gone" };

/**
 * Takes over an event that was typed by hand: looks again whether it is what was confirmed, then adds our private marks,
 * and a Meet link when there is none. Nothing else of it is changed.
 */
export function makeAdoptEvent(deps: EventHolderDeps): (request: AdoptionRequest) => Promise<Adoption> {
  return async (request) => {
    for (let merge = 0; merge < MAX_MERGES; merge += 1) {
      const remote = await deps.calendar.get(request.task, request.task.eventId);
      const reason = refusalOf(remote, request.event);
      if (remote === null || reason !== null) return { kind: "refused", reason: reason ?? "gone" };
      const event = await mark(deps, request, remote);
      if (event !== null) return { kind: "adopted", event: await awaitConference(deps, request.task, event) };
    }
    throw new RetryableError("The event is being edited in Google at this moment.", { code: "event_busy" });
  };
}

function refusalOf(remote: RemoteEvent | null, { bookingId, startsAt, endsAt, guest }: DesiredEvent) {
  if (remote === null || remote.cancelled) return "gone";
  return adoptionProblem(remote, { bookingId, startsAt, endsAt, customerEmail: guest?.email ?? null });
}

/** The event with our marks; null when somebody changed it since it was read. */
async function mark(deps: EventHolderDeps, request: AdoptionRequest, remote: RemoteEvent): Promise<RemoteEvent | null> {
  const { lease, task, note } = request;
  const change = changeOfAdoption(remote, request.event, task.key);
  const { userId, calendarId } = task;
  // Noted before Google is asked, also when an earlier try has asked already.
  const planned = await deps.store.planRoom(lease, { userId, calendarId, eventId: remote.id, adopted: true });
  if (!planned) throw new LeaseLostError();
  if (isEmptyChange(change)) return remote;
  const answer = await deps.calendar.patch(task, { eventId: remote.id, etag: remote.etag, change });
  note("calendar.adopt", remote.id, answer.kind);
  return answer.kind === "patched" ? answer.event : null;
}
