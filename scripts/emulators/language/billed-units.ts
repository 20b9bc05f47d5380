import type { Feature } from "./languages.ts";
import { features } from "./languages.ts";

export interface BilledUnits extends Readonly<Record<Feature, number>> {
  readonly total: number;
}

/** Each feature of a request is billed in started units of this many Unicode characters. */
const UNIT_CHARACTERS = 1_000;

/** What Google would bill for, per feature. */
export class UnitMeter {
  readonly #units = new Map<Feature, number>();

  add(content: string, wanted: readonly Feature[]): void {
    const units = Math.ceil(Array.from(content).length / UNIT_CHARACTERS);
    for (const feature of wanted) this.#units.set(feature, this.#of(feature) + units);
  }

  read(): BilledUnits {
    const [entity, document_sentiment, entity_sentiment] = features.map((feature) => this.#of(feature));
    const units = {
      entity: entity ?? 0,
      document_sentiment: document_sentiment ?? 0,
      entity_sentiment: entity_sentiment ?? 0,
    };
    return { ...units, total: Object.values(units).reduce((sum, part) => sum + part, 0) };
  }

  clear(): void {
    this.#units.clear();
  }

  #of(feature: Feature): number {
    return this.#units.get(feature) ?? 0;
  }
}
