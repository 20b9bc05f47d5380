/** How positive (-1 to 1) and how strong (0 upwards) the feelings in a text are. */
export interface Sentiment {
  readonly score: number;
  readonly magnitude: number;
}

/** The types of Natural Language v1. */
export const entityTypes = [
  "UNKNOWN",
  "PERSON",
  "LOCATION",
  "ORGANIZATION",
  "EVENT",
  "WORK_OF_ART",
  "CONSUMER_GOOD",
  "OTHER",
  "PHONE_NUMBER",
  "ADDRESS",
  "DATE",
  "NUMBER",
  "PRICE",
] as const;
export type EntityType = (typeof entityTypes)[number];

export interface LanguageEntity {
  readonly name: string;
  readonly type: EntityType;
  /** Share of the text that is about it, 0 to 1. */
  readonly salience: number;
  readonly mentions: number;
  /** Null where the language has no sentiment for single entities. */
  readonly sentiment: Sentiment | null;
  /** Wikipedia article, where Google knows one. */
  readonly url: string | null;
}

/** What is known of one piece of text, or of the whole once the pieces are merged. */
export interface LanguageAnalysis {
  readonly language: string;
  /** Weight of this piece: its length. */
  readonly characters: number;
  readonly sentences: number;
  readonly sentiment: Sentiment | null;
  readonly entities: readonly LanguageEntity[];
}

const MAX_ENTITIES = 50;
const MAX_NAME_LENGTH = 200;

/** One analysis of all pieces: scores weighted by length, magnitudes and mentions added, entities joined by name and type. */
export function mergeAnalyses(pieces: readonly LanguageAnalysis[]): LanguageAnalysis {
  const characters = sum(pieces, (piece) => piece.characters);
  return {
    language: mostFrequent(pieces),
    characters,
    sentences: sum(pieces, (piece) => piece.sentences),
    sentiment: mergedSentiment(
      pieces.flatMap((piece) => (piece.sentiment === null ? [] : [{ ...piece.sentiment, weight: piece.characters }])),
    ),
    entities: mergeEntities(pieces, characters),
  };
}

function mergeEntities(pieces: readonly LanguageAnalysis[], characters: number): readonly LanguageEntity[] {
  const groups = new Map<string, { readonly entity: LanguageEntity; readonly share: number }[]>();
  for (const piece of pieces) {
    const share = characters === 0 ? 0 : piece.characters / characters;
    for (const entity of piece.entities) {
      const key = `${entity.type} ${entity.name.toLowerCase()}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [{ entity, share }]);
      else group.push({ entity, share });
    }
  }
  return [...groups.values()]
    .map(mergedEntity)
    .sort((a, b) => b.salience - a.salience || b.mentions - a.mentions || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_ENTITIES);
}

function mergedEntity(group: readonly { readonly entity: LanguageEntity; readonly share: number }[]): LanguageEntity {
  const entities = group.map(({ entity }) => entity);
  const [best] = [...entities].sort((a, b) => b.mentions - a.mentions);
  const url = entities.map((entity) => entity.url).find((address) => address !== null);
  return {
    name: (best?.name ?? "").slice(0, MAX_NAME_LENGTH).toWellFormed(),
    type: best?.type ?? "UNKNOWN",
    salience: rounded(sum(group, ({ entity, share }) => entity.salience * share)),
    mentions: sum(entities, (entity) => entity.mentions),
    sentiment: mergedSentiment(
      entities.flatMap((entity) =>
        entity.sentiment === null ? [] : [{ ...entity.sentiment, weight: entity.mentions }],
      ),
    ),
    url: url ?? null,
  };
}

function mergedSentiment(parts: readonly (Sentiment & { readonly weight: number })[]): Sentiment | null {
  const weight = sum(parts, (part) => part.weight);
  if (parts.length === 0) return null;
  const score = weight === 0 ? 0 : sum(parts, (part) => part.score * part.weight) / weight;
  return { score: rounded(score), magnitude: rounded(sum(parts, (part) => part.magnitude)) };
}

function mostFrequent(pieces: readonly LanguageAnalysis[]): string {
  const characters = new Map<string, number>();
  for (const piece of pieces) {
    characters.set(piece.language, (characters.get(piece.language) ?? 0) + piece.characters);
  }
  return [...characters].sort((a, b) => b[1] - a[1])[0]?.[0] ?? "";
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

/** Four decimals: more would be noise, and -0 would be strange to read. */
const rounded = (value: number): number => Math.round(value * 10_000) / 10_000 + 0;
