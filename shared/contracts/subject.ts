import { z } from "zod";

/** What the database says a delivery is about; nothing in a database one release older. */
export const subject = z
  .object({ recordingId: z.uuid().exactOptional(), bookingId: z.uuid().exactOptional() })
  .default({});
