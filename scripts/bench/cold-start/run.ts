import { mkdir, mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { makeRehearsal } from "../../build/rehearsal/rehearsal.ts";
import { steps } from "../../build/rehearsal/steps.ts";
import { startServices } from "../../local/start-stack.ts";
import type { BenchmarkOptions, BenchmarkRun, Metric } from "../benchmark.ts";
import { onOneCore } from "../measured-process.ts";
import { runRounds } from "./race.ts";
import { makeStarts } from "./starts.ts";
import { targets } from "./targets.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");
const REPETITIONS = 9;

const METRICS: readonly Metric[] = [
  { name: "firstAnswerMs", title: "first answer", unit: "ms", reference: "hello" },
  { name: "cpuMs", title: "CPU", unit: "ms", reference: "hello" },
  { name: "peakRssMiB", title: "peak RSS", unit: "MiB" },
];

/** Builds the functions on a local stack of its own and races them there. */
export async function run({
  report,
  interrupted,
  only,
  repetitions = REPETITIONS,
}: BenchmarkOptions): Promise<BenchmarkRun> {
  await mkdir(path.join(root, ".local"), { recursive: true });
  const folder = await mkdtemp(path.join(root, ".local", "cold-start-"));
  const services = await startServices({ onProgress: (what) => report(`starting ${what}`) });
  const rehearsal = makeRehearsal(services);
  try {
    const starts = await makeStarts({ root, folder: path.relative(root, folder), occasion: rehearsal });
    const contestants = await runRounds({ rehearsal, starts, only, repetitions, report, interrupted });
    return { metrics: METRICS, contestants, targets: targets(), notes: notes(only) };
  } finally {
    await rehearsal.close();
    await services.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const notes = (only: readonly string[]): string[] => [
  "hello is the framework's documented hello world, unbundled; node http is the limit of this machine.",
  "A function is what `npm run build` makes of it; `unbundled` is the same sources with packages in node_modules and the root import of googleapis.",
  ...steps
    .filter(({ name }) => only.length === 0 || only.includes(name))
    .map(({ name, work }) => `${name}'s first answer: ${work}.`),
  onOneCore().length === 0 ? "Not pinned: this machine has no taskset." : "Each start has one core to itself.",
];
