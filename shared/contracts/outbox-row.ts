import { z } from "zod";

const bookingOf = z.looseObject({ bookingId: z.uuid().toLowerCase() });

/** Claimed outbox rows as `relay_outbox_batch` returns them; a database one release older names no times. */
export const outboxRows = z.array(
  z
    .object({
      id: z.number().int().positive(),
      topic: z.string().min(1),
      data: z.unknown(),
      attributes: z.record(z.string(), z.string()),
      created_at: z.iso.datetime({ offset: true }).optional(),
      is_first: z.boolean().default(false),
    })
    .transform(({ created_at, is_first: isFirst, ...row }) => ({
      ...row,
      isFirst,
      createdAt: created_at === undefined ? null : new Date(created_at),
      bookingId: bookingOf.safeParse(row.data).data?.bookingId ?? null,
    })),
);
