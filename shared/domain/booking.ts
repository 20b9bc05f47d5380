import type { EditPolicy, MeetingTimes } from "#domain/event-decision.ts";

/** What the platform says about a booking. */
export const bookingStatuses = ["pending", "confirmed", "cancelled", "declined", "completed"] as const;
export type BookingStatus = (typeof bookingStatuses)[number];

/** Where the pipeline stands with a booking; the row carries it with a reason and since when. */
export const pipelineStatuses = [
  /** A change is recorded and not yet carried out. */
  "pending",
  /** The calendar agrees with the row and the Meet link is on it. */
  "scheduled",
  /** The consultant has to connect Google (again); then the booking goes on by itself. */
  "needs_reconnect",
  "fallback",
  "held",
  /** A recording (or Meet's own transcript) is safe with us. */
  "captured",
  "transcribed",
  "analyzed",
  /** Cancelled, declined or deleted, and no event is left. */
  "cancelled",
  /** It cannot go on by itself; the reason says what to change. */
  "failed",
] as const;
export type PipelineStatus = (typeof pipelineStatuses)[number];

/** The booking row as `process-booking` sees it; instants are UTC, the zone is the row's own IANA name. */
export interface Booking {
  readonly id: string;
  readonly status: BookingStatus;
  readonly title: string | null;
  /** An invalid date for what lies outside a calendar's years, such as `infinity`. */
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly timeZone: string;
  readonly customerName: string;
  readonly customerEmail: string | null;
  readonly meetingPlatform: string;
  readonly revision: number;
  readonly calendarGeneration: number;
  readonly googleCalendarEventId: string | null;
  readonly googleCalendarLink: string | null;
  readonly meetingLink: string | null;
  readonly meetingId: string | null;
  readonly pipelineStatus: PipelineStatus | null;
}

export interface Consultant {
  /** Null: the platform has not tied this consultant to a user who could connect Google. */
  readonly userId: string | null;
  readonly name: string;
  readonly email: string;
  readonly timeZone: string;
}

/** A calendar event that was asked for on behalf of a booking and is not yet retired. */
export interface BookingRoom {
  readonly userId: string;
  readonly calendarId: string;
  readonly eventId: string;
  readonly spaceName: string | null;
  /** The Meet code that `spaceName` was asked for. */
  readonly meetingCode: string | null;
  /** The event was typed by hand: its title and description stay the consultant's. */
  readonly adopted: boolean;
  /** When the meeting was, the last time row and calendar agreed; null: not known. */
  readonly agreed: MeetingTimes | null;
}

/** What a backfill asks of a booking besides what its row asks. */
export type BackfillTask =
  /** Take over this event, which a person has confirmed to be the booking's meeting. */
  | {
      readonly kind: "adopt";
      readonly userId: string;
      readonly calendarId: string;
      readonly eventId: string;
      /** Tells this adoption of the event from an earlier one. */
      readonly key: string;
    }
  /** Leave nothing of ours behind, and the row as it was. */
  | { readonly kind: "undo" };

export interface GoogleConnection {
  readonly state: "connected" | "needs_reconnect" | "disconnected";
  readonly reason: string | null;
  readonly grantedScopes: readonly string[];
  /** Rises with every connect. */
  readonly tokenVersion: number;
  readonly calendarId: string;
}

/** What a service asks of its meetings. */
export interface MeetingSettings {
  /** Ask Meet to record without anyone pressing a button. */
  readonly autoRecording: boolean;
  /** What becomes of an event that somebody moves or deletes by hand. */
  readonly calendarEdits: EditPolicy;
}

/** What a look at a booking gave. */
export type BookingLook =
  | { readonly kind: "readable"; readonly snapshot: BookingSnapshot }
  /** A column holds what no pass can work with; the reason names it. */
  | { readonly kind: "unreadable"; readonly revision: number | null; readonly reason: string };

/** Everything that one pass over a booking decides upon, read in one statement. */
export interface BookingSnapshot {
  /** Null when the row is gone. */
  readonly booking: Booking | null;
  readonly consultant: Consultant | null;
  readonly service: { readonly name: string; readonly meetingSettings: MeetingSettings } | null;
  readonly connection: GoogleConnection | null;
  readonly rooms: readonly BookingRoom[];
  /** True when the row was hard-deleted after the pipeline had taken it up. */
  readonly deleted: boolean;
  readonly task: BackfillTask | null;
}
