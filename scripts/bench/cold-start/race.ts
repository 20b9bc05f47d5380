import type { Rehearsal } from "../../build/rehearsal/rehearsal.ts";
import { neededSteps, type Step, type Trip } from "../../build/rehearsal/steps.ts";
import type { Ask, Workplace } from "../../build/rehearsal/workplace.ts";
import type { BenchmarkOptions, Contestant } from "../benchmark.ts";
import { type Command, measureStart, type StartFigures } from "../measured-process.ts";
import { shuffled } from "../statistics.ts";
import type { Starts } from "./starts.ts";

export interface RaceOptions extends Omit<BenchmarkOptions, "repetitions"> {
  readonly rehearsal: Pick<Rehearsal, "workplace">;
  readonly starts: Starts;
  readonly repetitions: number;
}

/** How the functions of one booking's way are packed. */
type Lane = "built" | "unbundled";
const LANES: readonly Lane[] = ["built", "unbundled"];

const BARE = "node http";
const HELLO = "hello";

/**
 * In every round one booking goes through the built functions and one through the unbundled ones, each step in a fresh
 * process, and hello is started before every step: whatever slows the machine for a while slows all of them.
 */
export async function runRounds(options: RaceOptions): Promise<readonly Contestant[]> {
  const { rehearsal, starts, only, repetitions, report, interrupted } = options;
  const figures = new Map<string, StartFigures[]>();
  const measure: Measure = async (name, command, ask) => {
    const result = await measureStart(command, ask, interrupted);
    if (name !== null) figures.set(name, [...(figures.get(name) ?? []), result]);
  };
  const steps = neededSteps(only);
  const isMeasured = ({ name }: Step) => only.length === 0 || only.includes(name);
  report("building the functions");
  for (const { name } of steps) for (const lane of LANES) await starts[lane](name);
  const workplace = await rehearsal.workplace();
  // The first start reads files from the disk.
  for (const command of [starts.bare, starts.hello]) await measure(null, command, askForHello);
  for (let round = 1; round <= repetitions; round += 1) {
    for (const lane of shuffled(LANES, Math.random)) {
      report(`round ${round} of ${repetitions}, ${lane}`);
      await measure(BARE, starts.bare, askForHello);
      await runLane({ workplace, starts, steps, isMeasured, measure }, lane);
    }
  }
  const order = [BARE, HELLO, ...steps.flatMap((step) => LANES.map((lane) => nameOf(step, lane)))];
  return order.flatMap((name) => contestantOf(name, figures.get(name) ?? []));
}

/** Starts a process and asks it; without a name the figures are not kept. */
type Measure = (name: string | null, command: Command, ask: Ask) => Promise<void>;

interface Way {
  readonly workplace: Workplace;
  readonly starts: Starts;
  readonly steps: readonly Step[];
  readonly isMeasured: (step: Step) => boolean;
  readonly measure: Measure;
}

async function runLane({ workplace, starts, steps, isMeasured, measure }: Way, lane: Lane): Promise<void> {
  const trip: Trip = { workplace, bookingId: "", customerEmail: "", published: null };
  for (const step of steps) {
    const ask = await step.prepare(trip);
    if (isMeasured(step)) {
      await measure(HELLO, starts.hello, askForHello);
      await measure(nameOf(step, lane), await starts[lane](step.name), ask);
    } else {
      await measure(null, await starts.built(step.name), ask);
    }
    await step.confirm(trip);
  }
}

const askForHello: Ask = async (url) => {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`it answered ${answer.status}`);
  await answer.arrayBuffer();
};

const nameOf = ({ name }: Step, lane: Lane): string => (lane === "built" ? name : `${name}, ${lane}`);

function contestantOf(name: string, all: readonly StartFigures[]): Contestant[] {
  if (all.length === 0) return [];
  const role = name === BARE ? "limit" : name === HELLO || name.includes(",") ? "reference" : "product";
  const samples = {
    firstAnswerMs: all.map(({ firstAnswerMs }) => firstAnswerMs),
    cpuMs: all.flatMap(({ cpuMs }) => cpuMs ?? []),
    peakRssMiB: all.flatMap(({ peakRssMiB }) => peakRssMiB ?? []),
  };
  return [{ name, role, samples }];
}
