import type {
  BackfillTask,
  Booking,
  BookingSnapshot,
  Consultant,
  GoogleConnection,
  PipelineStatus,
} from "#domain/booking.ts";
import type { DesiredEvent } from "#domain/calendar-event.ts";
import type { EditPolicy } from "#domain/event-decision.ts";
import { shortened } from "#kernel/text.ts";

/** Calendar's own bound is not documented; longer titles help nobody who reads a calendar. */
export const MAX_SUMMARY_CODE_POINTS = 1_024;
/** A name in a description or a guest list; nobody's real name is cut by it. */
const MAX_NAME_CODE_POINTS = 200;

/** What the world should look like for a booking, decided from its row alone. */
export type BookingGoal =
  /** One live event on this calendar, and none anywhere else. */
  | {
      readonly kind: "hold_event";
      readonly userId: string;
      readonly calendarId: string;
      readonly event: DesiredEvent;
      readonly autoRecording: boolean;
      readonly calendarEdits: EditPolicy;
      /** What a person should know although all went well. */
      readonly note: string | null;
    }
  /** As above, and the event is one that was typed by hand. */
  | {
      readonly kind: "adopt_event";
      readonly task: Extract<BackfillTask, { kind: "adopt" }>;
      readonly hold: Extract<BookingGoal, { kind: "hold_event" }>;
    }
  /** No live event at all. */
  | { readonly kind: "retire_events" }
  /** The booking leaves the pipeline: events of ours go, an adopted one is given back. */
  | { readonly kind: "return_booking" }
  /** Nothing can be done until a person acts; only events on calendars of consultants it has left are removed. */
  | {
      readonly kind: "park";
      readonly status: PipelineStatus;
      readonly code: string;
      readonly reason: string;
      /** Whose calendar may keep its event; null: nobody's. */
      readonly userId: string | null;
    }
  /** The row alone says how it stands; the world is left as it is. */
  | { readonly kind: "settle"; readonly status: PipelineStatus; readonly reason: string | null }
  /** The pipeline has nothing to do with this row as it stands. */
  | { readonly kind: "leave"; readonly reason: string };

/** Decides what one pass over a booking is to achieve. */
export function goalOf(snapshot: BookingSnapshot): BookingGoal {
  const { booking } = snapshot;
  if (booking === null) {
    return snapshot.deleted ? { kind: "retire_events" } : { kind: "leave", reason: "there is no such booking" };
  }
  if (snapshot.task?.kind === "undo") return { kind: "return_booking" };
  switch (booking.status) {
    case "cancelled":
    case "declined":
      return { kind: "retire_events" };
    case "completed":
      return completed(booking);
    case "pending":
      return booking.pipelineStatus === null
        ? { kind: "leave", reason: "the booking is not confirmed" }
        : { kind: "retire_events" };
    case "confirmed":
      return confirmed(snapshot, booking);
  }
}

function confirmed(snapshot: BookingSnapshot, booking: Booking): BookingGoal {
  if (booking.pipelineStatus === null)
    return { kind: "leave", reason: "the booking is from before, or was given back" };
  const { consultant, connection } = snapshot;
  const problem = impossible(booking) ?? unreachable(consultant, connection);
  if (problem !== null) return park(problem, consultant);
  const goal = eventGoal(snapshot, booking);
  return snapshot.task?.kind === "adopt" && goal.kind === "hold_event"
    ? { kind: "adopt_event", task: snapshot.task, hold: goal }
    : goal;
}

/** A meeting that is over asks nothing of the calendar; one that was completed too early must not wait for ever. */
function completed(booking: Booking): BookingGoal {
  if (booking.pipelineStatus !== "pending") return { kind: "leave", reason: "the booking is completed" };
  return booking.meetingId === null
    ? { kind: "settle", status: "failed", reason: "The booking was completed before it had a Meet meeting." }
    : { kind: "settle", status: "scheduled", reason: null };
}

/** Data that no calendar can hold. */
function impossible(booking: Booking): Problem | null {
  if (Number.isNaN(booking.startsAt.getTime()) || Number.isNaN(booking.endsAt.getTime())) {
    return failed(
      "unusable_time",
      "The booking has a start or end that no calendar can hold. Correct starts_at and ends_at.",
    );
  }
  if (booking.endsAt <= booking.startsAt) {
    return failed(
      "ends_before_start",
      `The booking ends at ${booking.endsAt.toISOString()}, which is not after its start at ${booking.startsAt.toISOString()}. Correct starts_at and ends_at.`,
    );
  }
  if (!isTimeZone(booking.timeZone)) {
    return failed(
      "unknown_time_zone",
      `"${shortened(booking.timeZone, 60)}" is not a time zone. Set time_zone to an IANA name such as Europe/Berlin.`,
    );
  }
  if (booking.meetingPlatform !== "google_meet") {
    return {
      status: "held",
      code: "other_platform",
      reason: `The meeting platform "${shortened(booking.meetingPlatform, 60)}" is not handled here. Set meeting_platform to google_meet to get a Meet link.`,
    };
  }
  return null;
}

/** A consultant on whose calendar we cannot write. */
function unreachable(consultant: Consultant | null, connection: GoogleConnection | null): Problem | null {
  if (consultant === null) return failed("no_consultant", "The booking has no consultant. Set consultant_id.");
  const name = shortened(consultant.name, 100);
  if (connection === null || connection.state === "disconnected") {
    return needsReconnect(`${name} has not connected Google. The booking continues by itself once they do.`);
  }
  if (connection.state === "needs_reconnect") {
    return needsReconnect(
      `${name} has to connect Google again (${connection.reason ?? "access was withdrawn"}). The booking continues by itself then.`,
    );
  }
  return null;
}

function eventGoal(snapshot: BookingSnapshot, booking: Booking): BookingGoal {
  const { consultant, connection, service } = snapshot;
  if (consultant?.userId == null || connection === null) {
    return park(failed("no_consultant", "The consultant is not tied to a user. Set consultants.user_id."), consultant);
  }
  const guestEmail = booking.customerEmail?.trim() ?? "";
  const customerName = shortened(booking.customerName, MAX_NAME_CODE_POINTS);
  const title = booking.title?.trim() || `${service?.name ?? "Meeting"} with ${customerName}`;
  const length = Array.from(title).length;
  return {
    kind: "hold_event",
    userId: consultant.userId,
    calendarId: connection.calendarId,
    event: {
      summary: shortened(title, MAX_SUMMARY_CODE_POINTS),
      description: `${shortened(consultant.name, MAX_NAME_CODE_POINTS)} and ${customerName}`,
      startsAt: booking.startsAt,
      endsAt: booking.endsAt,
      timeZone: booking.timeZone,
      guest: guestEmail === "" ? null : { email: guestEmail, displayName: customerName },
      bookingId: booking.id,
    },
    autoRecording: service?.meetingSettings.autoRecording ?? false,
    calendarEdits: service?.meetingSettings.calendarEdits ?? "revert",
    note:
      length > MAX_SUMMARY_CODE_POINTS
        ? `The title has ${length} characters; the calendar shows the first ${MAX_SUMMARY_CODE_POINTS}.`
        : null,
  };
}

/** Why a confirmed booking cannot have its event. */
interface Problem {
  readonly status: PipelineStatus;
  readonly code: string;
  readonly reason: string;
}

const park = (problem: Problem, consultant: Consultant | null): BookingGoal => ({
  kind: "park",
  ...problem,
  userId: consultant?.userId ?? null,
});
const failed = (code: string, reason: string): Problem => ({ status: "failed", code, reason });
const needsReconnect = (reason: string): Problem => ({ status: "needs_reconnect", code: "needs_reconnect", reason });

/**
 * True for a name that this runtime's time zone data knows; offsets such as +02:00 do not count. The list knows most
 * names at a tenth of what a process's first DateTimeFormat costs (40 ms); aliases such as Asia/Kolkata need that one.
 */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  if (name === "UTC" || Intl.supportedValuesOf("timeZone").includes(name)) return true;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
