import { mkdir, mkdtemp } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { functions } from "../../infra/topology/functions.ts";
import { environmentOf, type FunctionEnvironmentOptions } from "./function-environment.ts";
import { type FunctionProcess, superviseFunction } from "./function-process.ts";
import { localProject, serviceAccount } from "./local-project.ts";

const logsParent = fileURLToPath(new URL("../../.local/logs", import.meta.url));

export interface StartFunctionsOptions extends Omit<FunctionEnvironmentOptions, "metadataHost"> {
  readonly portOf: (name: string) => number;
  readonly metadataHostOf: (account: string) => Promise<string>;
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
      const metadataHost = await options.metadataHostOf(serviceAccount(fn.name));
      const environment = environmentOf(fn, { ...options, metadataHost });
      const logFile = path.join(logsFolder, `${fn.name}.log`);
      return options.keep(superviseFunction({ name: fn.name, port: options.portOf(fn.name), environment, logFile }));
    }),
  );
  await Promise.all(processes.map((running) => running.ready()));
  return { processes, logsFolder };
}
