import { describe, expect, it } from "vitest";
import type { BenchmarkRun } from "./benchmark.ts";
import { compare } from "./compare.ts";
import { historySection } from "./history.ts";
import { tableOf, terminalText } from "./print-table.ts";

const run: BenchmarkRun = {
  metrics: [
    { name: "ms", title: "first answer", unit: "ms", reference: "hello" },
    { name: "mib", title: "peak RSS", unit: "MiB" },
    { name: "rate", title: "drain", unit: "events/s" },
  ],
  contestants: [
    { name: "hello", role: "reference", samples: { ms: [100, 110, 90], mib: [70] } },
    { name: "relay", role: "product", samples: { ms: [142, 150, 130], mib: [88.4], rate: [50_000] } },
  ],
  targets: [
    { contestant: "relay", metric: "ms", atMost: 1.3 },
    { contestant: "relay", metric: "mib", atMost: 90 },
    { contestant: "relay", metric: "rate", atLeast: 48_000 },
    { contestant: "capture", metric: "ms", atMost: 2.2 },
  ],
  notes: ["Each start has one core to itself."],
};

describe("a comparison", () => {
  it("gives medians, and multiples of the reference in the same run", () => {
    const [hello, relay] = compare(run).rows;

    expect(hello?.figures["ms"]).toMatchObject({ median: 100, ratio: 1 });
    expect(relay?.figures["ms"]).toMatchObject({ median: 142, min: 130, max: 150, ratio: 1.42 });
    expect(relay?.figures["mib"]).toMatchObject({ median: 88.4, ratio: null });
  });

  it("says plainly which target is met and which is missed", () => {
    expect(compare(run).verdicts.map(({ met, sentence }) => [met, sentence])).toEqual([
      [false, "relay: first answer 1.42 x hello, target at most 1.3: missed"],
      [true, "relay: peak RSS 88 MiB, target at most 90 MiB: met"],
      [true, "relay: drain 50000 events/s, target at least 48000 events/s: met"],
    ]);
  });

  it("judges nothing that was not measured", () => {
    const names = compare(run).verdicts.map(({ contestant }) => contestant);

    expect(names).not.toContain("capture");
    expect(compare(run).rows[0]?.figures["rate"]).toBeNull();
  });
});

describe("a table", () => {
  it("shows spread only of several samples, and a dash for what is missing", () => {
    expect(tableOf(compare(run))).toEqual([
      ["", "first answer, ms", "peak RSS, MiB", "drain, events/s"],
      ["hello", "100 (90-110), 1.00 x hello", "70", "-"],
      ["relay", "142 (130-150), 1.42 x hello", "88", "50000"],
    ]);
  });

  it("is followed by verdicts and notes", () => {
    const lines = terminalText(compare(run)).split("\n").slice(-4);

    expect(lines.map((line) => line.split(":")[0])).toEqual(["relay", "relay", "relay", run.notes[0]]);
  });
});

it("the history names the day, the machine and the commit, with the table and the verdicts", () => {
  const machine = { cpu: "A CPU", cores: 2, memoryGiB: 24, platform: "linux-x64", node: "24.1.0", loadBefore: 0.5 };
  const section = historySection({
    benchmark: "cold-start",
    startedAt: new Date("2026-11-21T01:02:03Z"),
    machine: { ...machine, commit: "abc1234" },
    comparison: compare(run),
  });

  expect(section).toContain("## 2026-11-21 01:02 UTC: cold-start");
  expect(section).toContain("2 x A CPU, 24 GiB, linux-x64, Node 24.1.0, load 0.5 before the run, commit abc1234.");
  expect(section).toContain("| relay | 142 (130-150), 1.42 x hello | 88            | 50000           |");
  expect(section).toContain("| ----- | --------------------------- | ------------- | --------------- |");
  expect(section).toContain("- relay: first answer 1.42 x hello, target at most 1.3: missed");
});
