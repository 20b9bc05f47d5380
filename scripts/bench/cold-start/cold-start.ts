import { mkdir, mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { FunctionName } from "../../../infra/topology/functions.ts";
import { makeRehearsal } from "../../build/rehearsal/rehearsal.ts";
import { steps } from "../../build/rehearsal/steps.ts";
import { startServices } from "../../local/start-stack.ts";
import type { Benchmark, BenchmarkOptions, BenchmarkRun, Metric, Target } from "../benchmark.ts";
import { onOneCore } from "../measured-process.ts";
import { runRounds } from "./race.ts";
import { makeStarts } from "./starts.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");
const REPETITIONS = 9;

const METRICS: readonly Metric[] = [
  { name: "firstAnswerMs", title: "first answer", unit: "ms", reference: "hello" },
  { name: "cpuMs", title: "CPU", unit: "ms", reference: "hello" },
  { name: "peakRssMiB", title: "peak RSS", unit: "MiB" },
];

/** Multiples of hello, and MiB at the first answer. */
const TARGETS: Readonly<Record<FunctionName, { readonly start?: number; readonly rssMiB: number }>> = {
  "google-auth": { start: 1.3, rssMiB: 130 },
  "relay-outbox": { start: 2.3, rssMiB: 90 },
  "process-booking": { start: 1.3, rssMiB: 90 },
  "send-reminders": { rssMiB: 130 },
  "capture-artifacts": { start: 2.2, rssMiB: 130 },
  "analyze-transcript": { start: 2.2, rssMiB: 130 },
  "keep-watch": { rssMiB: 130 },
};

export const coldStart: Benchmark = {
  name: "cold-start",
  summary: "each function, from its start to its first real answer, beside the framework's hello world",
  contestants: steps.map(({ name }) => name),
  run,
};

async function run({ report, interrupted, only, repetitions = REPETITIONS }: BenchmarkOptions): Promise<BenchmarkRun> {
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

const targets = (): Target[] =>
  Object.entries(TARGETS).flatMap(([contestant, { start, rssMiB }]) => [
    ...(start === undefined ? [] : [{ contestant, metric: "firstAnswerMs", atMost: start }]),
    { contestant, metric: "peakRssMiB", atMost: rssMiB },
  ]);

const notes = (only: readonly string[]): string[] => [
  "hello is the framework's documented hello world, unbundled; node http is the limit of this machine.",
  "A function is what `npm run build` makes of it; `unbundled` is the same sources with packages in node_modules and the root import of googleapis.",
  ...steps
    .filter(({ name }) => only.length === 0 || only.includes(name))
    .map(({ name, work }) => `${name}'s first answer: ${work}.`),
  onOneCore().length === 0 ? "Not pinned: this machine has no taskset." : "Each start has one core to itself.",
];
