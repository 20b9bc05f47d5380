import { expect, it } from "vitest";
import { proofSection } from "./proof.ts";
import { soak } from "./soak-run.ts";

const run = { name: "kills", describe: "3 demos" };
const quiet = { limitMs: 60_000, report: () => undefined };

it("a run that ends well passes, with what it reported", async () => {
  const result = await soak({ ...run, run: async (report) => report("seed 1: nobody was killed") }, quiet);

  expect(result).toMatchObject({ passed: true, lines: ["seed 1: nobody was killed"], failure: null });
});

it("a run that throws has failed and says why", async () => {
  const result = await soak({ ...run, run: () => Promise.reject(new Error("seed 2: two events")) }, quiet);

  expect(result).toMatchObject({ passed: false, failure: "seed 2: two events" });
});

it("a run that never ends has failed", async () => {
  const endless = new Promise<void>(() => undefined);

  expect(await soak({ ...run, run: () => endless }, { ...quiet, limitMs: 1 })).toMatchObject({ passed: false });
});

it("the report names the day, the commit and every line", async () => {
  const result = await soak({ ...run, run: async (report) => report("seed 1:\nfine") }, quiet);

  const section = proofSection({ ...result, startedAt: new Date("2026-11-20T22:10:00Z") }, "abc1234");

  expect(section).toContain("## 2026-11-20 22:10 UTC: kills passed");
  expect(section).toContain("commit abc1234");
  expect(section).toContain("- seed 1: fine");
});
