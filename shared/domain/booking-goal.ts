import type { Booking, BookingSnapshot, Consultant, GoogleConnection, PipelineStatus } from "#domain/booking.ts";
import type { DesiredEvent } from "#domain/calendar-event.ts";
import { shortened } from "#kernel/text.ts";

/** Calendar's own bound is not documented; longer titles help nobody who reads a calendar. */
export const MAX_SUMMARY_CODE_POINTS = 1_024;

/** What the world should look like for a booking, decided from its row alone. */
export type BookingGoal =
  /** One live event on this calendar, and none anywhere else. */
  | {
      readonly kind: "hold_event";
      readonly userId: string;
      readonly calendarId: string;
      readonly event: DesiredEvent;
      readonly autoRecording: boolean;
      /** What a person should know although all went well. */
      readonly note: string | null;
    }
  /** No live event at all. */
  | { readonly kind: "retire_events" }
  /** Nothing can be done until a person acts; events stay as they are. */
  | { readonly kind: "park"; readonly status: PipelineStatus; readonly code: string; readonly reason: string }
  /** The pipeline has nothing to do with this row as it stands. */
  | { readonly kind: "leave"; readonly reason: string };

/** Decides what one pass over a booking is to achieve. */
export function goalOf(snapshot: BookingSnapshot): BookingGoal {
  const { booking, consultant, connection } = snapshot;
  if (booking === null) {
    return snapshot.deleted ? { kind: "retire_events" } : { kind: "leave", reason: "there is no such booking" };
  }
  switch (booking.status) {
    case "cancelled":
    case "declined":
      return { kind: "retire_events" };
    case "completed":
      return { kind: "leave", reason: "the booking is completed" };
    case "pending":
      return snapshot.rooms.length > 0
        ? { kind: "retire_events" }
        : { kind: "leave", reason: "the booking is not confirmed" };
    case "confirmed":
      return impossible(booking) ?? unreachable(consultant, connection) ?? eventGoal(snapshot, booking);
  }
}

/** Data that no calendar can hold. */
function impossible(booking: Booking): BookingGoal | null {
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
      kind: "park",
      status: "held",
      code: "other_platform",
      reason: `The meeting platform "${shortened(booking.meetingPlatform, 60)}" is not handled here. Set meeting_platform to google_meet to get a Meet link.`,
    };
  }
  return null;
}

/** A consultant on whose calendar we cannot write. */
function unreachable(consultant: Consultant | null, connection: GoogleConnection | null): BookingGoal | null {
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
    return failed("no_consultant", "The consultant is not tied to a user. Set consultants.user_id.");
  }
  const title = booking.title?.trim() || `${service?.name ?? "Meeting"} with ${booking.customerName}`;
  const length = Array.from(title).length;
  return {
    kind: "hold_event",
    userId: consultant.userId,
    calendarId: connection.calendarId,
    event: {
      summary: shortened(title, MAX_SUMMARY_CODE_POINTS),
      description: `${consultant.name} and ${booking.customerName}`,
      startsAt: booking.startsAt,
      endsAt: booking.endsAt,
      timeZone: booking.timeZone,
      attendees:
        booking.customerEmail === null ? [] : [{ email: booking.customerEmail, displayName: booking.customerName }],
      bookingId: booking.id,
    },
    autoRecording: service?.meetingSettings.autoRecording ?? false,
    note:
      length > MAX_SUMMARY_CODE_POINTS
        ? `The title has ${length} characters; the calendar shows the first ${MAX_SUMMARY_CODE_POINTS}.`
        : null,
  };
}

const failed = (code: string, reason: string): BookingGoal => ({ kind: "park", status: "failed", code, reason });
const needsReconnect = (reason: string): BookingGoal => ({
  kind: "park",
  status: "needs_reconnect",
  code: "needs_reconnect",
  reason,
});

/** True for a name that this runtime's time zone data knows; offsets such as +02:00 do not count. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
