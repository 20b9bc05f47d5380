import { z } from "zod";

/** A message that asks for one calendar to be compared with a backfill's bookings; it names no booking. */
export const calendarReadEvent = z.looseObject({ backfillId: z.int(), userId: z.uuid().toLowerCase() });
