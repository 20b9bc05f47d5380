import { underReview } from "../policies/policy.ts";
import type { SynthesizedStack } from "../synthesize.ts";
import { type DeployedFunction, functions } from "../topology/functions.ts";
import { type AdapterCall, adapterCallsOf } from "./adapter-calls.ts";
import { type Grant, grantsIn } from "./grants.ts";
import { type Need, needsOfCode, needsOfStack } from "./needs.ts";
import { readSources } from "./sources.ts";
import { EVERYONE } from "./synthesized-names.ts";

/** One permission that an account holds, and everything that calls for it. */
export interface PermissionEntry extends Grant {
  readonly neededBy: readonly string[];
}

export interface PermissionTable {
  /** In the order of their accounts, permissions and targets. */
  readonly entries: readonly PermissionEntry[];
  /** Calls that would be refused: nothing grants what they need. */
  readonly missing: readonly Need[];
}

const keyOf = ({ account, permission, on }: Omit<Need, "by">): string => `${account}\t${permission}\t${on}`;

/** Lays what the stacks grant beside what calls for it; an entry that nothing needs has an empty `neededBy`. */
export function permissionTable(stacks: readonly SynthesizedStack[], ofFunctions: readonly Need[]): PermissionTable {
  const reviewed = stacks.map(underReview);
  const grants = reviewed.flatMap(grantsIn);
  const granted = new Set(grants.map(keyOf));
  // Whom everyone's grant serves needs none of its own.
  const needs = [...ofFunctions, ...reviewed.flatMap(needsOfStack)].map((need) => {
    const open = { ...need, account: EVERYONE };
    return !granted.has(keyOf(need)) && granted.has(keyOf(open)) ? open : need;
  });
  const calls = Map.groupBy(needs, keyOf);
  return {
    entries: grants
      .map((grant) => ({ ...grant, neededBy: [...new Set(calls.get(keyOf(grant))?.map(({ by }) => by))].sort() }))
      .sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1)),
    missing: needs.filter((need) => !granted.has(keyOf(need))),
  };
}

/** What the code of every function calls, by the function's name; reads the sources below `root` for some seconds. */
export function callsOfEveryFunction(root: string): CallsByFunction {
  const names = functions.map(({ name }) => name);
  const sources = readSources(root, names);
  return new Map(names.map((name) => [name, adapterCallsOf(sources, name)]));
}

export type CallsByFunction = ReadonlyMap<string, readonly AdapterCall[]>;

export const needsOfFunctions = (calls: CallsByFunction): readonly Need[] =>
  functions.flatMap((fn: DeployedFunction) => needsOfCode(fn, calls.get(fn.name) ?? []));
