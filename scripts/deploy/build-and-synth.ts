import path from "node:path";
import { readBundles, writeZips } from "../../infra/bundles/bundles.ts";
import type { Environment } from "../../infra/environment.ts";
import { policies, review } from "../../infra/policies/review.ts";
import { synthesize } from "../../infra/synthesize.ts";
import { functions } from "../../infra/topology/functions.ts";
import { buildFunctions } from "../build/build-functions.ts";
import { DeployError } from "./deploy-error.ts";

export interface Folders {
  /** The project's, absolute; also where this process is. */
  readonly root: string;
  /** Of the bundles and of the stacks, relative to `root`. */
  readonly bundles: string;
  readonly stacks: string;
  /** Whether functions do their work once while they are built, so that they start faster. */
  readonly rehearse: boolean;
}

/** Bundles every function, rehearsed on the local stack where that is wanted; answers a line for the journal. */
export async function buildAll({ root, bundles, rehearse }: Folders): Promise<string> {
  const names = functions.map(({ name }) => name);
  const built = await buildFunctions({ names, root, target: bundles, rehearse });
  const mebibytes =
    built.reduce((sum, { bundleBytes, codeCacheBytes }) => sum + bundleBytes + codeCacheBytes, 0) / 2 ** 20;
  return `${built.length} functions, ${mebibytes.toFixed(1)} MiB with their code caches`;
}

export interface Synthesized {
  /** Of the two stacks, relative to `root`. */
  readonly bootstrap: string;
  readonly pipeline: string;
  readonly detail: string;
}

/** Writes the environment's stacks and reviews them; a violation stops. */
export function synthesizeEnvironment(environment: Environment, folders: Folders): Synthesized {
  const bundles = readBundles(folders.bundles);
  const stacks = synthesize({ environments: [environment], bundles, outdir: folders.stacks });
  writeZips(bundles, path.join(folders.stacks, "bundles"));
  const { violations } = review(stacks);
  if (violations.length > 0) {
    const lines = violations.map(({ policy, address, problem }) => `  ${address} ${problem} [${policy}]`);
    throw new DeployError(`The policies refuse the stacks:\n${lines.join("\n")}`);
  }
  const [bootstrap = "", pipeline = ""] = stacks.map(({ file }) => path.dirname(file));
  return { bootstrap, pipeline, detail: `${stacks.length} stacks, ${policies.length} policies, 0 violations` };
}
