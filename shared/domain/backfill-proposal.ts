import type { RemoteEvent } from "#domain/calendar-event.ts";
import { type AdoptionProblem, type Appointment, adoptionProblem, customerOf } from "#domain/event-adoption.ts";

/** A booking from before, as it is compared with what its consultant's calendar holds. */
export interface BackfillSlot extends Appointment {
  /** The event that the platform had noted on the row itself. */
  readonly formerEventId: string | null;
}

/** What a backfill would do with a booking, as far as the calendar tells. */
export type BackfillProposal =
  | { readonly action: "create"; readonly bookingId: string }
  /** Only once a person has confirmed it. */
  | { readonly action: "adopt"; readonly bookingId: string; readonly event: RemoteEvent }
  /** A person has to look; nothing is done. */
  | {
      readonly action: "conflict";
      readonly bookingId: string;
      readonly reason: AdoptionProblem | "several_matches" | "claimed_twice";
      readonly event: RemoteEvent;
    };

/** Compares a consultant's bookings with the events of their calendar in that time. */
export function proposeBackfill(
  slots: readonly BackfillSlot[],
  events: readonly RemoteEvent[],
): readonly BackfillProposal[] {
  const proposals = slots.map((slot) => proposalFor(slot, events));
  const claims = new Map<string, number>();
  for (const proposal of proposals) {
    if (proposal.action === "adopt") claims.set(proposal.event.id, (claims.get(proposal.event.id) ?? 0) + 1);
  }
  return proposals.map((proposal) =>
    proposal.action === "adopt" && (claims.get(proposal.event.id) ?? 0) > 1
      ? { ...proposal, action: "conflict", reason: "claimed_twice" }
      : proposal,
  );
}

function proposalFor(slot: BackfillSlot, events: readonly RemoteEvent[]): BackfillProposal {
  const { bookingId, formerEventId } = slot;
  const nearby = events.filter((event) => concerns(event, slot));
  const judged = nearby.map((event) => ({ event, problem: adoptionProblem(event, slot) }));
  const matches = judged.flatMap(({ event, problem }) => (problem === null ? [event] : []));
  const match = matches.find(({ id }) => id === formerEventId) ?? matches[0];
  if (match !== undefined) {
    return matches.length === 1 || match.id === formerEventId
      ? { action: "adopt", bookingId, event: match }
      : { action: "conflict", bookingId, reason: "several_matches", event: match };
  }
  // What the customer is a guest of says more than what merely takes the time.
  const [closest] = judged.toSorted((left, right) => rank(left.event, slot) - rank(right.event, slot));
  return closest?.problem == null
    ? { action: "create", bookingId }
    : { action: "conflict", bookingId, reason: closest.problem, event: closest.event };
}

const rank = (event: RemoteEvent, slot: BackfillSlot): number => (customerOf(event, slot) === undefined ? 1 : 0);

/** Events that take some of the booking's time, and free or all-day ones then to which the customer is invited. */
function concerns(event: RemoteEvent, slot: BackfillSlot): boolean {
  const { free, days } = event.traits;
  if (event.cancelled || !isThen(event, slot)) return false;
  return (days === null && !free) || customerOf(event, slot) !== undefined;
}

function isThen({ startsAt, endsAt, traits: { days } }: RemoteEvent, slot: BackfillSlot): boolean {
  if (days !== null) return days.from < dayAfter(slot.endsAt) && days.until > dayBefore(slot.startsAt);
  return startsAt !== null && endsAt !== null && startsAt < slot.endsAt && endsAt > slot.startsAt;
}

/** An all-day event has no zone: somewhere on earth its date is up to half a day away from UTC's. */
const HALF_DAY_MS = 12 * 3_600_000;
const dayAfter = (at: Date): Date => new Date(at.getTime() + HALF_DAY_MS);
const dayBefore = (at: Date): Date => new Date(at.getTime() - HALF_DAY_MS);
