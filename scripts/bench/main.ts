// npm run bench [-- NAME...] [options]: what the product costs beside its limits and references, in the same run.
import { fileURLToPath } from "node:url";
import { runCommand } from "../local/command-line.ts";
import { listenForInterruption } from "../local/interruption.ts";
import type { Benchmark } from "./benchmark.ts";
import { benchmarks } from "./benchmarks.ts";
import { compare } from "./compare.ts";
import { appendHistory, type RecordedRun } from "./history.ts";
import { describeMachine, machineText } from "./machine.ts";
import { terminalText } from "./print-table.ts";
import { type BenchArguments, readArguments } from "./read-arguments.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

const USAGE = `npm run bench [-- NAME...] [OPTIONS]

${benchmarks.map(({ name, summary }) => `  ${name.padEnd(12)} ${summary}`).join("\n")}

Every figure stands beside its reference, measured in the same run; ratios are what counts.
  --repetitions N  rounds in which everything is measured once
  --only NAME      measure this contestant of the product only; may be repeated
  --record         add the figures to docs/performance.md
  --strict         end with 1 when a target is missed
  --json           print one JSON object on stdout; progress and errors go to stderr`;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  const args = readArguments(process.argv.slice(2), benchmarks);
  if (args.help) {
    console.log(USAGE);
    return 0;
  }
  const stopping = new AbortController();
  const interruption = listenForInterruption(() => {
    say("stopping");
    stopping.abort();
  });
  const runs: RecordedRun[] = [];
  for (const benchmark of args.benchmarks) {
    const run = await measure(benchmark, { ...args, interrupted: stopping.signal }).catch((error: unknown) => {
      if (interruption.code() === null) throw error;
      return null;
    });
    if (run === null) return interruption.code() ?? 1;
    runs.push(run);
    if (!args.json) console.log(`${run.benchmark}: ${machineText(run.machine)}\n${terminalText(run.comparison)}`);
    if (args.record) say(`recorded in ${await appendHistory(root, run)}`);
  }
  const met = runs.every(({ comparison }) => comparison.verdicts.every((verdict) => verdict.met));
  if (args.json) console.log(JSON.stringify({ met, benchmarks: runs }));
  return args.strict && !met ? 1 : 0;
}

async function measure(
  benchmark: Benchmark,
  { repetitions, only, interrupted }: Pick<BenchArguments, "repetitions" | "only"> & { interrupted: AbortSignal },
): Promise<RecordedRun> {
  const startedAt = new Date();
  const machine = await describeMachine(root);
  const report = (line: string) => say(`${benchmark.name}: ${line}`);
  const run = await benchmark.run({ repetitions, only, interrupted, report });
  return { benchmark: benchmark.name, startedAt, machine, comparison: compare(run) };
}

await runCommand(main);
