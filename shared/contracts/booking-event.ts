import { z } from "zod";

/** What `booking-events` carries: which booking to look at, never what to do with it. */
export const bookingEvent = z.looseObject({ bookingId: z.uuid().toLowerCase() });
export type BookingEvent = z.infer<typeof bookingEvent>;
