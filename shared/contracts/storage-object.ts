import { z } from "zod";

/** Metadata of a Cloud Storage object; the client gives sizes and generations as text or number. */
export const storageObject = z
  .looseObject({
    name: z.string().min(1),
    size: z.coerce.number().int().nonnegative(),
    crc32c: z.string().min(1),
    generation: z.coerce.string().min(1),
  })
  .transform(({ name, size, crc32c, generation }) => ({ name, sizeBytes: size, crc32c, generation }));
