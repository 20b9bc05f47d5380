import { z } from "zod";
import { type EntityType, entityTypes } from "#domain/language-analysis.ts";

/** What we read of Natural Language v1's AnnotateTextResponse. Over REST a left-out number is null or absent. */

const number = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);
const sentiment = z.looseObject({ score: number, magnitude: number });

/** Enum values come as names or as their numbers. */
const entityType = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((type): EntityType => {
    const name = typeof type === "number" ? entityTypes[type] : entityTypes.find((known) => known === type);
    return name ?? "UNKNOWN";
  });

const wikipedia = z
  .looseObject({ wikipedia_url: z.string().optional() })
  .nullish()
  .transform((metadata) => httpsAddress(metadata?.wikipedia_url));

export const annotateTextAnswer = z.looseObject({
  language: z
    .string()
    .nullish()
    .transform((language) => language ?? ""),
  documentSentiment: sentiment.nullish().transform((value) => value ?? null),
  sentences: z
    .array(z.unknown())
    .nullish()
    .transform((sentences) => sentences?.length ?? 0),
  entities: z
    .array(
      z.looseObject({
        name: z.string().min(1),
        type: entityType,
        salience: number,
        mentions: z
          .array(z.unknown())
          .nullish()
          .transform((mentions) => mentions?.length ?? 0),
        sentiment: sentiment.nullish().transform((value) => value ?? null),
        metadata: wikipedia,
      }),
    )
    .nullish()
    .transform((entities) => entities ?? []),
});
export type AnnotateTextAnswer = z.output<typeof annotateTextAnswer>;

/** A link that a page may show: https and nothing else. */
function httpsAddress(text: string | undefined): string | null {
  const url = text === undefined ? null : URL.parse(text);
  return url === null || !/^https?:$/.test(url.protocol) ? null : url.href.replace(/^http:/, "https:").slice(0, 500);
}
