import { z } from "zod";
import { shortened } from "#kernel/text.ts";

/** The longest piece of Speech's own words that goes on a row. */
const MAX_WORDS = 200;

/** google.rpc.Status; code 0 and an absent status both mean that all is well. */
const status = z
  .looseObject({ code: z.number().nullish(), message: z.string().nullish() })
  .nullish()
  .transform((value) =>
    value && (value.code || value.message)
      ? { message: shortened(value.message || `code ${value.code}`, MAX_WORDS) }
      : null,
  );

const fileResult = z
  .looseObject({
    error: status,
    cloudStorageResult: z.looseObject({ uri: z.string().nullish() }).nullish(),
    uri: z.string().nullish(),
  })
  .transform(({ error, cloudStorageResult, uri }) => ({ error, uri: cloudStorageResult?.uri || uri || null }));

/** What a batchRecognize answers with. */
export const startedOperation = z.looseObject({ name: z.string().min(1) });

/** A page of operations; proto3 JSON leaves out what is empty. */
export const operationList = z.looseObject({
  operations: z.array(startedOperation.extend({ metadata: z.unknown() })).default([]),
  nextPageToken: z.string().default(""),
});

/** A batchRecognize operation, reduced to how it ended; one file, so one result. */
export const batchOperation = z.looseObject({
  done: z
    .boolean()
    .nullish()
    .transform((done) => done ?? false),
  error: status,
  response: z
    .looseObject({ results: z.record(z.string(), fileResult).nullish() })
    .nullish()
    .transform((response) => Object.values(response?.results ?? {})),
});

const batchMetadata = z.looseObject({
  batchRecognizeRequest: z.looseObject({
    recognitionOutputConfig: z.looseObject({ gcsOutputConfig: z.looseObject({ uri: z.string() }).nullish() }).nullish(),
  }),
});

/** The request an operation came from, or null when its metadata tell of none. */
export function batchRequestOf(metadata: unknown): z.infer<typeof batchMetadata>["batchRecognizeRequest"] | null {
  const parsed = batchMetadata.safeParse(metadata);
  return parsed.success ? parsed.data.batchRecognizeRequest : null;
}
