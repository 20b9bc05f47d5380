import { z } from "zod";
import { type BookingLook, type BookingSnapshot, bookingStatuses, pipelineStatuses } from "#domain/booking.ts";
import { editPolicies } from "#domain/event-decision.ts";

/** `infinity` and the year 10000 become an invalid date, which the domain turns into a reason. */
const instant = z.string().transform((text) => new Date(text));

/** A service's or booking's `meeting_settings`; what else is in it belongs to the platform. */
const meetingSettings = z
  .looseObject({
    autoRecording: z.boolean().default(false).catch(false),
    calendarEdits: z.enum(editPolicies).default("revert").catch("revert"),
  })
  .catch({ autoRecording: false, calendarEdits: "revert" });

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

const backfillTask = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("adopt"),
    userId: z.uuid(),
    calendarId: z.string(),
    eventId: z.string(),
    key: z.string(),
  }),
  z.object({ kind: z.literal("undo") }),
]);

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
      tokenVersion: z.number().int(),
      calendarId: z.string(),
    })
    .nullable(),
  rooms: z.array(
    z.object({
      userId: z.uuid(),
      calendarId: z.string(),
      eventId: z.string(),
      spaceName: z.string().nullable(),
      meetingCode: z.string().nullable(),
      // As below, a database of the release before says nothing of it.
      adopted: z.boolean().default(false),
      agreed: z.object({ startsAt: instant, endsAt: instant }).nullable().default(null),
    }),
  ),
  deleted: z.boolean(),
  task: backfillTask.nullable().default(null),
}) satisfies z.ZodType<BookingSnapshot>;

/** A row that the platform filled in ways ours may not be is told apart here, so that it can show why. */
const look = z.unknown().transform((value): BookingLook => {
  const parsed = snapshot.safeParse(value);
  if (parsed.success) return { kind: "readable", snapshot: parsed.data };
  const [issue] = parsed.error.issues;
  const column = issue?.path.join(".").replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const reason = `${column} of the booking cannot be used (${issue?.message}). Correct it to go on.`;
  return { kind: "unreadable", revision: revisionOf.parse(value), reason };
});

const revisionOf = z
  .looseObject({ booking: z.looseObject({ revision: z.number().int() }) })
  .transform(({ booking: { revision } }) => revision)
  .nullable()
  .catch(null);

/** Answer of `begin_booking_reconcile`. */
export const reconcileStart = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("leased"), fencing: z.number().int(), snapshot: look }),
  z.object({ kind: z.literal("busy") }),
  z.object({ kind: z.literal("redelivered") }),
]);

/** Answer of `finish_booking_reconcile`. */
export const reconcileEnd = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("written") }),
  z.object({ kind: z.literal("changed"), snapshot: look }),
  z.object({ kind: z.literal("fenced") }),
]);
