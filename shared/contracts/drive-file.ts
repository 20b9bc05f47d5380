import { z } from "zod";

/** What is asked of a recording's file; Drive answers only what `fields` names. */
export const DRIVE_FIELDS = "id,mimeType,size,md5Checksum,headRevisionId,trashed,capabilities/canDownload";

/** A Drive v3 file; `size` is text because it may pass 2^53. */
export const driveFile = z.looseObject({
  id: z.string().min(1),
  size: z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .optional(),
  md5Checksum: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional(),
  headRevisionId: z.string().default(""),
  trashed: z.boolean().default(false),
  capabilities: z.looseObject({ canDownload: z.boolean().default(true) }).default({ canDownload: true }),
});
