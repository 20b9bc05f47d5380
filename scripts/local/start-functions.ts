import { mkdir, mkdtemp } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type DeployedFunction, functions } from "../../infra/topology/functions.ts";
import { type FunctionProcess, superviseFunction } from "./function-process.ts";
import { localProject } from "./local-project.ts";

const logsParent = fileURLToPath(new URL("../../.local/logs", import.meta.url));

export interface StartFunctionsOptions {
  readonly environmentFor: (fn: DeployedFunction) => Promise<Readonly<Record<string, string>>>;
  readonly portOf: (name: string) => number;
  /** Told of each process as soon as it runs, so that it is stopped whatever comes next. */
  readonly keep: (running: FunctionProcess) => FunctionProcess;
}

/** Every function of the topology in a process of its own, each accepting requests, with its log in a new folder. */
export async function startFunctions(
  options: StartFunctionsOptions,
): Promise<{ readonly processes: readonly FunctionProcess[]; readonly logsFolder: string }> {
  await mkdir(logsParent, { recursive: true });
  const logsFolder = await mkdtemp(path.join(logsParent, `${localProject.projectId}-`));
  const processes = await Promise.all(
    functions.map(async (fn) => {
      const environment = await options.environmentFor(fn);
      const logFile = path.join(logsFolder, `${fn.name}.log`);
      return options.keep(superviseFunction({ name: fn.name, port: options.portOf(fn.name), environment, logFile }));
    }),
  );
  await Promise.all(processes.map((running) => running.ready()));
  return { processes, logsFolder };
}
