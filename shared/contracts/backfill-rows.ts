import { z } from "zod";

const instant = z.string().transform((text) => new Date(text));

/** Answer of `begin_calendar_read`. */
export const calendarRead = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("wanted"), calendarId: z.string(), from: instant, until: instant }),
  z.object({ kind: z.literal("unwanted") }),
]);

/** A row of `list_backfill_slots`. */
export const backfillSlot = z
  .object({
    booking_id: z.uuid(),
    starts_at: instant,
    ends_at: instant,
    customer_email: z.string().nullable(),
    former_event_id: z.string().nullable(),
  })
  .transform((row) => ({
    ...{ bookingId: row.booking_id, startsAt: row.starts_at, endsAt: row.ends_at },
    ...{ customerEmail: row.customer_email, formerEventId: row.former_event_id },
  }));
