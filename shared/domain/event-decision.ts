import type { DesiredEvent, EventChange, RemoteEvent } from "#domain/calendar-event.ts";
import { changeOf, changeOfAdopted, isAtTimes, isEmptyChange } from "#domain/event-change.ts";

/** What a service does when somebody moves or deletes a booking's event by hand. */
export const editPolicies = [
  /** The booking follows the calendar, and its customer is told. */
  "follow",
  /** The calendar is set back to what the booking says. */
  "revert",
  /** Nothing happens until a person decides; the row says what was done in the calendar. */
  "ask",
] as const;
export type EditPolicy = (typeof editPolicies)[number];

/** When a meeting is. The zone only says how it is shown, so it never makes two times differ. */
export interface MeetingTimes {
  readonly startsAt: Date;
  readonly endsAt: Date;
}

/** The event that the row names, as Google has it. */
export type EventState =
  /** The row names none on this calendar. */
  | { readonly kind: "none" }
  /** Deleted, or never there; `wasLive` when an earlier pass saw it alive. */
  | { readonly kind: "gone"; readonly wasLive: boolean }
  /** Somebody else's event under this id. */
  | { readonly kind: "foreign" }
  | { readonly kind: "live"; readonly event: RemoteEvent };

/** Who changed when the meeting is, since row and calendar last agreed. */
export type Mover = "nobody" | "row" | "calendar" | "both";

export type EventDecision =
  /** A new event under the next free id. */
  | { readonly kind: "create" }
  /** The event lacks this much of what the row wants. */
  | { readonly kind: "update"; readonly change: EventChange }
  | { readonly kind: "keep" }
  /** The row takes the calendar's times; `change` is what the event lacks apart from them. */
  | { readonly kind: "follow_move"; readonly times: MeetingTimes; readonly change: EventChange }
  /** The booking is cancelled, as its event was. */
  | { readonly kind: "follow_deletion" }
  /** A person decides; until then the times stay apart. */
  | { readonly kind: "hold"; readonly edit: "moved" | "deleted"; readonly change: EventChange }
  /** Nobody needs this any more. */
  | { readonly kind: "leave" };

export interface Comparison {
  readonly desired: DesiredEvent;
  readonly remote: EventState;
  /** The times on which row and calendar agreed last; null when they never did. */
  readonly agreed: MeetingTimes | null;
  readonly policy: EditPolicy;
  /** The event was typed by hand: its words stay. */
  readonly adopted: boolean;
  /** The meeting has ended: whatever was done to its event since then says nothing about the booking. */
  readonly over: boolean;
}

type Verdict = Exclude<EventDecision["kind"], "update" | "keep" | "leave"> | "agree";
type ByMover = Readonly<Record<Mover, Verdict | Readonly<Record<EditPolicy, Verdict>>>>;

/**
 * What becomes of an event: its state x who moved the meeting x the service's policy. The row wins wherever it moved:
 * the platform knew of its own change, and the calendar is asked only about what the platform did not say.
 */
export const eventDecisions: Readonly<Record<EventState["kind"], ByMover>> = {
  none: { nobody: "create", row: "create", calendar: "create", both: "create" },
  foreign: { nobody: "create", row: "create", calendar: "create", both: "create" },
  gone: {
    // Nobody saw it alive: an insert whose answer was lost, or an event that was deleted before.
    nobody: "create",
    row: "create",
    calendar: { follow: "follow_deletion", revert: "create", ask: "hold" },
    both: "create",
  },
  live: {
    nobody: "agree",
    row: "agree",
    calendar: { follow: "follow_move", revert: "agree", ask: "hold" },
    both: "agree",
  },
};

/** Decides what is done about one event. Pure; the caller reads, acts, and reads again when somebody was faster. */
export function decideEvent(comparison: Comparison): EventDecision {
  const { remote, policy, over } = comparison;
  const mover = moverOf(comparison);
  if (over && mover === "calendar") return { kind: "leave" };
  const cell = eventDecisions[remote.kind][mover];
  const verdict = typeof cell === "string" ? cell : cell[policy];
  const change = lackOf(comparison);
  switch (verdict) {
    case "create":
    case "follow_deletion":
      return { kind: verdict };
    case "agree":
      return isEmptyChange(change) ? { kind: "keep" } : { kind: "update", change };
    case "follow_move":
    case "hold": {
      const times = timesOf(remote);
      const rest = withoutTimes(change);
      // A booking has a time of day: what became an event of whole days cannot be followed.
      if (verdict === "follow_move" && times !== null) return { kind: "follow_move", times, change: rest };
      return { kind: "hold", edit: remote.kind === "live" ? "moved" : "deleted", change: rest };
    }
  }
}

function lackOf({ desired, remote, adopted }: Comparison): EventChange {
  if (remote.kind !== "live") return {};
  return adopted ? changeOfAdopted(remote.event, desired) : changeOf(remote.event, desired);
}

/** Who moved the meeting since row and calendar agreed; without such a moment only the row's word is known. */
export function moverOf({ desired, remote, agreed }: Pick<Comparison, "desired" | "remote" | "agreed">): Mover {
  const isAt = (times: MeetingTimes) => remote.kind === "live" && isAtTimes(remote.event, times);
  if (agreed === null) return isAt(desired) ? "nobody" : "row";
  const byRow = !isAtTimes(desired, agreed);
  const byCalendar = remote.kind === "gone" ? remote.wasLive : remote.kind === "live" && !isAt(agreed);
  if (byRow && byCalendar) return isAt(desired) ? "nobody" : "both";
  if (byRow) return "row";
  return byCalendar ? "calendar" : "nobody";
}

/** Null for an event of whole days: becoming one is a move as well. */
function timesOf(remote: EventState): MeetingTimes | null {
  if (remote.kind !== "live") return null;
  const { startsAt, endsAt } = remote.event;
  return startsAt === null || endsAt === null ? null : { startsAt, endsAt };
}

function withoutTimes({ times: _times, ...change }: EventChange): EventChange {
  return change;
}
