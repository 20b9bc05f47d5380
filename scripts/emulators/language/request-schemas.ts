import { z } from "zod";
import { GoogleError, invalid } from "../rest/errors.ts";
import type { Feature } from "./languages.ts";
import { encodingTypes } from "./text-offsets.ts";

/** An enum as its name or its number, as proto3's JSON mapping has it; absent is number 0. */
function enumeration<Name extends string>(names: readonly [Name, ...Name[]]) {
  return z
    .union([
      z.enum(names),
      z
        .int()
        .min(0)
        .max(names.length - 1),
    ])
    .default(0)
    .transform((value): Name => (typeof value === "number" ? (names[value] ?? names[0]) : value));
}

const document = z.strictObject({
  type: enumeration(["TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML"]),
  content: z.string().optional(),
  gcsContentUri: z.string().optional(),
  language: z.string().optional(),
});
type Document = z.output<typeof document>;

export const analyzeBody = z.strictObject({ document, encodingType: enumeration(encodingTypes) });

const flag = z.boolean().default(false);
export const annotateBody = analyzeBody.extend({
  features: z.strictObject({
    extractSyntax: flag,
    extractEntities: flag,
    extractDocumentSentiment: flag,
    extractEntitySentiment: flag,
    classifyText: flag,
    moderateText: flag,
    classificationModelOptions: z.looseObject({}).optional(),
  }),
});
export type Features = z.output<typeof annotateBody>["features"];

/** cloud.google.com/natural-language/quotas */
const MAX_CONTENT_BYTES = 1_000_000;

/** The text of a document. Throws what Google says to a document without text or with too much of it. */
export function contentOf({ type, content = "", gcsContentUri }: Document): string {
  if (type === "TYPE_UNSPECIFIED") throw badRequest("Document type must be set.");
  if ((content === "") === (gcsContentUri === undefined)) {
    throw badRequest("One of content, or gcs_content_uri must be set.");
  }
  if (gcsContentUri !== undefined) throw notImplemented("documents by gcsContentUri");
  if (type === "HTML") throw notImplemented("documents of the type HTML");
  const bytes = Buffer.byteLength(content);
  if (bytes <= MAX_CONTENT_BYTES) return content;
  throw badRequest(`The document is too large: ${bytes} bytes, the limit is ${MAX_CONTENT_BYTES} bytes.`);
}

/** What an annotateText asks for. Throws 400 for nothing and 501 for what the emulator lacks. */
export function featuresOf(asked: Features): Feature[] {
  for (const name of ["extractSyntax", "classifyText", "moderateText"] as const) {
    if (asked[name]) throw notImplemented(`the feature ${name}`);
  }
  const wanted: Feature[] = [];
  if (asked.extractEntities) wanted.push("entity");
  if (asked.extractDocumentSentiment) wanted.push("document_sentiment");
  if (asked.extractEntitySentiment) wanted.push("entity_sentiment");
  if (wanted.length === 0) throw badRequest("At least one feature must be set.");
  return wanted;
}

const badRequest = (message: string): GoogleError => invalid(message, "badRequest");

function notImplemented(what: string): GoogleError {
  const message = `The Natural Language emulator does not implement ${what}`;
  return new GoogleError(501, "notImplemented", message, "UNIMPLEMENTED");
}
