import { describe, expect, it } from "vitest";
import { countPages, type PacedBatchesOptions, runPacedBatches } from "./paced-batches.ts";

interface Item {
  readonly id: string;
}

const numbered = (count: number): Item[] =>
  Array.from({ length: count }, (_, index) => ({ id: String(index).padStart(6, "0") }));

const pagesOf =
  (items: readonly Item[]) =>
  async (after: string | null, limit: number): Promise<Item[]> =>
    items.filter(({ id }) => after === null || id > after).slice(0, limit);

function scenario(count: number, options: Partial<PacedBatchesOptions<Item>> = {}) {
  const batches: string[][] = [];
  const pauses: number[] = [];
  const run = () =>
    runPacedBatches<Item>({
      rate: 10,
      limit: 1_000,
      interrupted: new AbortController().signal,
      page: pagesOf(numbered(count)),
      apply: async (items) => batches.push(items.map(({ id }) => id)) && items.length,
      onProgress: () => undefined,
      pause: async (ms) => void pauses.push(ms),
      ...options,
    });
  return { batches, pauses, run };
}

describe("batches", () => {
  it("take every item once and rest so that the rate holds", async () => {
    const { batches, pauses, run } = scenario(25);
    expect(await run()).toEqual({ seen: 25, queued: 25, complete: true });
    expect(batches.flat()).toEqual(numbered(25).map(({ id }) => id));
    expect(pauses).toEqual([1_000, 1_000, 500]);
  });

  it("stop at the limit and say whether anything is left", async () => {
    expect(await scenario(25, { limit: 12 }).run()).toEqual({ seen: 12, queued: 12, complete: false });
    expect(await scenario(25, { limit: 25 }).run()).toEqual({ seen: 25, queued: 25, complete: true });
  });

  it("go past items that are not queued without counting them against the limit", async () => {
    const apply = async (items: readonly Item[]) => items.filter(({ id }) => id >= "000005").length;
    expect(await scenario(20, { limit: 3, apply }).run()).toMatchObject({ queued: 3, complete: false });
  });

  it("end after the batch under way when the operator breaks off", async () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const { batches, run } = scenario(25, { interrupted: controller.signal, onProgress });
    expect(await run()).toEqual({ seen: 10, queued: 10, complete: false });
    expect(batches).toHaveLength(1);
  });

  it("are never larger than a hundred, whatever the rate", async () => {
    const { batches, run } = scenario(250, { rate: 1_000 });
    await run();
    expect(batches.map((batch) => batch.length)).toEqual([100, 100, 50]);
  });
});

it("pages are counted to the end", async () => {
  const seen: number[] = [];
  expect(await countPages(pagesOf(numbered(2_500)), (items) => void seen.push(items.length))).toBe(2_500);
  expect(seen).toEqual([1_000, 1_000, 500]);
});
