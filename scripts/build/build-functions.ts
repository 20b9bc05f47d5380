import type { FunctionName } from "../../infra/topology/functions.ts";
import { startServices } from "../local/start-stack.ts";
import { type BuiltFunction, buildFunction } from "./build-function.ts";
import { makeRehearsal } from "./rehearsal/rehearsal.ts";
import type { Occasion } from "./take-code-cache.ts";

export interface BuildFunctionsOptions {
  readonly names: readonly FunctionName[];
  /** The project's folder, absolute. */
  readonly root: string;
  /** Relative to `root`. */
  readonly target: string;
  /** False: nothing is started for it, and the code caches know no more than a stranger's call. */
  readonly rehearse: boolean;
  readonly onBuilt?: (built: BuiltFunction) => void;
  readonly onProgress?: (step: string) => void;
}

/** Builds one function after the other: while they are, one booking goes through them on the local stack. */
export async function buildFunctions(options: BuildFunctionsOptions): Promise<readonly BuiltFunction[]> {
  if (!options.rehearse) return buildEach(options);
  const { onProgress } = options;
  const services = await startServices({ ...(onProgress && { onProgress }) });
  const rehearsal = makeRehearsal(services);
  try {
    return await buildEach(options, rehearsal);
  } finally {
    await rehearsal.close();
    await services.stop();
  }
}

async function buildEach(
  { names, root, target, onBuilt }: BuildFunctionsOptions,
  occasion?: Occasion,
): Promise<readonly BuiltFunction[]> {
  const built: BuiltFunction[] = [];
  for (const name of names) {
    const result = await buildFunction(name, { root, target, ...(occasion && { occasion }) });
    built.push(result);
    onBuilt?.(result);
  }
  return built;
}
