import { z } from "zod";
import { type BookingSnapshot, bookingStatuses, pipelineStatuses } from "#domain/booking.ts";

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** A service's or booking's `meeting_settings`; unknown keys belong to the platform. */
const meetingSettings = z.looseObject({ autoRecording: z.boolean().default(false).catch(false) });

const booking = z.object({
  id: z.uuid(),
  status: z.enum(bookingStatuses),
  title: z.string().nullable(),
  startsAt: instant,
  endsAt: instant,
  timeZone: z.string(),
  customerName: z.string(),
  customerEmail: z.string().nullable(),
  meetingPlatform: z.string(),
  revision: z.number().int(),
  calendarGeneration: z.number().int(),
  googleCalendarEventId: z.string().nullable(),
  googleCalendarLink: z.string().nullable(),
  meetingLink: z.string().nullable(),
  meetingId: z.string().nullable(),
  pipelineStatus: z.enum(pipelineStatuses).nullable(),
});

const snapshot = z.object({
  booking: booking.nullable(),
  consultant: z
    .object({ userId: z.uuid().nullable(), name: z.string(), email: z.string(), timeZone: z.string() })
    .nullable(),
  service: z.object({ name: z.string(), meetingSettings }).nullable(),
  connection: z
    .object({
      state: z.enum(["connected", "needs_reconnect", "disconnected"]),
      reason: z.string().nullable(),
      grantedScopes: z.array(z.string()),
      calendarId: z.string(),
    })
    .nullable(),
  rooms: z.array(
    z.object({ userId: z.uuid(), calendarId: z.string(), eventId: z.string(), spaceName: z.string().nullable() }),
  ),
  deleted: z.boolean(),
}) satisfies z.ZodType<BookingSnapshot>;

/** Answer of `begin_booking_reconcile`. */
export const reconcileStart = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("leased"), fencing: z.number().int(), snapshot }),
  z.object({ kind: z.literal("busy") }),
  z.object({ kind: z.literal("redelivered") }),
]);

/** Answer of `finish_booking_reconcile`. */
export const reconcileEnd = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("written") }),
  z.object({ kind: z.literal("changed"), snapshot }),
  z.object({ kind: z.literal("fenced") }),
]);
