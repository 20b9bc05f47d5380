import { mkdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type FunctionName, functions } from "../../../infra/topology/functions.ts";
import { superviseFunction } from "../../local/function-process.ts";
import type { LocalServices } from "../../local/start-stack.ts";
import { type Occasion, strangersCall } from "../take-code-cache.ts";
import { steps, type Trip } from "./steps.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

const logsFolder = fileURLToPath(new URL("../../../.local/logs", import.meta.url));

/** One booking that goes through the functions as they are built, so that each has done its real work once. */
export interface Rehearsal extends Occasion {
  /** A connected consultant on the same services. */
  workplace(): Promise<Workplace>;
  close(): Promise<void>;
}

/**
 * What a function needs to have happened first is done by its predecessors, from their sources if need be. A function
 * without a step only answers a stranger.
 */
export function makeRehearsal(services: LocalServices): Rehearsal {
  let opened: Promise<Workplace> | null = null;
  let trip: Trip | null = null;
  const done = new Set<FunctionName>();
  const portOf = (name: FunctionName) => Number(new URL(services.functionUrl(name)).port);
  const environmentFor = (name: FunctionName) => services.environmentFor(functionNamed(name));

  const fromSources = async <Result>(name: FunctionName, work: (url: string) => Promise<Result>): Promise<Result> => {
    await mkdir(logsFolder, { recursive: true });
    const environment = await environmentFor(name);
    const logFile = path.join(logsFolder, `rehearsal-${process.pid}-${name}.log`);
    const running = superviseFunction({ name, port: portOf(name), environment, logFile });
    try {
      await running.ready();
      return await work(running.url);
    } finally {
      await running.stop();
    }
  };
  const workplace = (): Promise<Workplace> => {
    opened ??= fromSources("google-auth", () => openWorkplace(services));
    return opened;
  };
  const play = async (name: FunctionName, url: string): Promise<void> => {
    const step = steps.find((candidate) => candidate.name === name);
    if (step === undefined) return strangersCall.play(name, url);
    if (name === "google-auth") opened ??= openWorkplace(services);
    trip ??= { workplace: await workplace(), bookingId: "", customerEmail: "", published: null };
    const { needs, prepare, confirm } = step;
    if (needs !== undefined && !done.has(needs)) await fromSources(needs, (at) => play(needs, at));
    const ask = await prepare(trip);
    await ask(url);
    await confirm(trip);
    done.add(name);
  };
  return {
    ...{ portOf, environmentFor, play, workplace },
    close: async () => {
      await (await opened)?.platform.close();
    },
  };
}

const functionNamed = (name: FunctionName) => functions.find((fn) => fn.name === name) ?? functions[0];
