import { describe, expect, it } from "vitest";
import { type FollowOptions, followPipeline, type PipelineWork } from "./follow-pipeline.ts";

interface Scenario {
  /** What there is to hand over. */
  readonly items: number;
  /** What the pipeline settles a second. */
  readonly perSecond: number;
  readonly options?: Partial<FollowOptions>;
}

/** A pipeline on a clock that moves only while the command pauses. */
function scenario({ items, perSecond, options = {} }: Scenario) {
  let [left, underWay, settled, nowMs, most] = [items, 0, 0, 0, 0];
  const shown: [number, number][] = [];
  const shares: number[] = [];
  const work: PipelineWork = {
    queue: async ({ limit, perConsultant }) => {
      const queued = Math.min(limit, left);
      shares.push(perConsultant);
      left -= queued;
      underWay += queued;
      most = Math.max(most, underWay);
      return { queued, seen: queued };
    },
    look: async () => ({ underWay, settled }),
  };
  const pause = async (ms: number): Promise<void> => {
    const done = Math.min(underWay, (perSecond * ms) / 1000);
    [nowMs, underWay, settled] = [nowMs + ms, underWay - done, settled + done];
  };
  const progress = { say: () => undefined, at: (done: number, total: number) => void shown.push([done, total]) };
  const run = () =>
    followPipeline(work, {
      ...{ rate: 10, perConsultant: 60, limit: 1_000, total: items, wait: true, pause, nowMs: () => nowMs },
      ...{ interrupted: new AbortController().signal, progress },
      ...options,
    });
  return { run, shown, shares, most: () => most, nowMs: () => nowMs, left: () => left };
}

describe("work that is handed to the pipeline", () => {
  it("is followed to its end, and the progress is what was done, not what was handed over", async () => {
    const { run, shown, nowMs } = scenario({ items: 50, perSecond: 5 });
    expect(await run()).toEqual({ queued: 50, complete: true, stalled: false });
    expect(nowMs()).toBeGreaterThanOrEqual(10_000);
    expect(shown.at(-1)).toEqual([50, 50]);
    expect(shown[2]?.[0]).toBeLessThanOrEqual(10);
  });

  it("never piles up: a slow pipeline is waited for", async () => {
    const { run, most } = scenario({ items: 500, perSecond: 4 });
    await run();
    expect(most()).toBeLessThanOrEqual(40);
  });

  it("goes no faster than its rate, and than each consultant's", async () => {
    const { run, nowMs } = scenario({ items: 200, perSecond: 1_000 });
    await run();
    expect(nowMs()).toBeGreaterThanOrEqual(19_000);
    const slow = scenario({ items: 5, perSecond: 1_000, options: { perConsultant: 30 } });
    await slow.run();
    expect(slow.shares[0]).toBe(1);
    expect(slow.nowMs()).toBeGreaterThanOrEqual(2_000);
  });

  it("is not waited for when nobody wants to wait", async () => {
    const { run, nowMs } = scenario({ items: 5, perSecond: 0, options: { wait: false } });
    expect(await run()).toEqual({ queued: 5, complete: true, stalled: false });
    expect(nowMs()).toBeLessThan(3_000);
  });

  it("ends at the limit, and when the operator breaks off", async () => {
    const limited = scenario({ items: 50, perSecond: 100, options: { limit: 7 } });
    expect(await limited.run()).toMatchObject({ queued: 7, complete: true });
    expect(limited.left()).toBe(43);
    const broken = scenario({ items: 50, perSecond: 100, options: { interrupted: AbortSignal.abort() } });
    expect(await broken.run()).toMatchObject({ queued: 0, complete: false });
  });

  it("that nothing moves any more is given up with a word, not waited for for ever", async () => {
    const { run } = scenario({ items: 5, perSecond: 0 });
    expect(await run()).toEqual({ queued: 5, complete: false, stalled: true });
  });
});
