import { z } from "zod";

/** A claimed outbox row as `relay_outbox_batch` returns it. */
export const outboxRows = z.array(
  z.object({
    id: z.number().int().positive(),
    topic: z.string().min(1),
    data: z.unknown(),
    attributes: z.record(z.string(), z.string()),
  }),
);
