import type { EntityType } from "./entity-types.ts";
import type { Mention } from "./find-mentions.ts";

export interface Entity {
  readonly name: string;
  readonly type: EntityType;
  /** Share of the document's weight, 0 to 1; all together are at most 1. */
  readonly salience: number;
  readonly mentions: readonly Mention[];
}

/** Google gives figures no salience. */
const FIGURES: ReadonlySet<EntityType> = new Set(["PHONE_NUMBER", "DATE", "NUMBER", "PRICE"]);
const PROPER_WEIGHT = 2;

/** Mentions of the same thing together, most salient first. "Nima" is Nima Rossi where only one Nima has a full name. */
export function groupEntities(found: readonly Mention[], textLength: number): Entity[] {
  const mentions = withNamesOnTop(found);
  const fullNames = fullNamesByPart(mentions);
  const groups = new Map<string, Mention[]>();
  for (const mention of mentions) {
    const key = keyOf(mention, fullNames);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [mention]);
    else group.push(mention);
  }
  const weighed = [...groups.values()].map((group) => ({ group, weight: weightOf(group, textLength) }));
  const total = weighed.reduce((sum, { weight }) => sum + weight, 0);
  return weighed
    .map(({ group, weight }) => ({
      name: nameOf(group),
      type: typeOf(group),
      // Rounded down, so that the sum stays within 1.
      salience: total === 0 ? 0 : Math.floor((weight / total) * 1e8) / 1e8,
      mentions: group,
    }))
    .sort((a, b) => b.salience - a.salience);
}

const lower = ({ content }: Mention): string => content.toLowerCase().replaceAll(/\s+/g, " ");
const isName = ({ type }: Mention): boolean => type === "PROPER";

/** A name that opens a sentence is tagged as a noun now and then; elsewhere in the text it is known as a name. */
function withNamesOnTop(mentions: readonly Mention[]): Mention[] {
  const names = new Set(mentions.filter(isName).flatMap((mention) => [lower(mention), ...lower(mention).split(" ")]));
  return mentions.map((mention) => {
    const isKnown = mention.type === "COMMON" && /^\p{Lu}/u.test(mention.content) && names.has(lower(mention));
    return isKnown ? { ...mention, type: "PROPER" } : mention;
  });
}

function keyOf(mention: Mention, fullNames: ReadonlyMap<string, string | null>): string {
  const name = lower(mention);
  // Tags of a name differ from sentence to sentence; what it is, the majority says.
  if (isName(mention)) return `name:${fullNames.get(name) ?? name}`;
  return `${mention.type === "COMMON" ? "thing" : mention.entityType}:${name}`;
}

/** First and last names of people named in full; null where two people share one. */
function fullNamesByPart(mentions: readonly Mention[]): Map<string, string | null> {
  const byPart = new Map<string, string | null>();
  const people = mentions.filter((mention) => isName(mention) && mention.entityType === "PERSON");
  for (const full of new Set(people.map(lower))) {
    const parts = full.split(" ");
    if (parts.length < 2) continue;
    for (const part of parts) byPart.set(part, byPart.has(part) ? null : full);
  }
  return byPart;
}

/** Names count double, and what is said early counts up to double. */
function weightOf(group: readonly Mention[], textLength: number): number {
  return group.reduce((sum, mention) => {
    if (FIGURES.has(mention.entityType)) return sum;
    const early = 2 - mention.begin / Math.max(1, textLength);
    return sum + early * (isName(mention) ? PROPER_WEIGHT : 1);
  }, 0);
}

/** The longest form of a name; things go by their first mention. */
function nameOf(group: readonly Mention[]): string {
  return group.reduce(
    (name, { content }) => (content.split(" ").length > name.split(" ").length ? content : name),
    group[0]?.content ?? "",
  );
}

/** The commonest type that says something. */
function typeOf(group: readonly Mention[]): EntityType {
  const counts = new Map<EntityType, number>();
  for (const { entityType } of group) counts.set(entityType, (counts.get(entityType) ?? 0) + 1);
  const telling = [...counts].filter(([type]) => type !== "OTHER").sort((a, b) => b[1] - a[1]);
  return telling[0]?.[0] ?? "OTHER";
}
