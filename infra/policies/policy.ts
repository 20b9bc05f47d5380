import type { Environment } from "../environment.ts";
import type { SynthesizedStack } from "../synthesize.ts";

/** A resource of Terraform's JSON. */
export interface Resource {
  /** `type.name` */
  readonly address: string;
  readonly type: string;
  /** Where the construct stands: `prod/functions/relay-outbox/account`. */
  readonly path: string;
  readonly attributes: Attributes;
}

export type Attributes = Readonly<Record<string, unknown>>;

export interface StackUnderReview {
  readonly name: string;
  readonly environment: Environment;
  readonly resources: readonly Resource[];
}

export interface Finding {
  readonly resource: Resource;
  readonly problem: string;
}

/** A rule over the synthesized stacks; `covers` are ids of the same rule in checkov or the CIS benchmark. */
export interface Policy {
  readonly name: string;
  readonly covers: readonly string[];
  check(stack: StackUnderReview): readonly Finding[];
}

/** Reads Terraform's JSON, which is an object of types of names of attributes. */
export function underReview({ name, environment, text }: SynthesizedStack): StackUnderReview {
  const { resource = {} } = JSON.parse(text) as { resource?: Record<string, Record<string, Attributes>> };
  const resources = Object.entries(resource).flatMap(([type, named]) =>
    Object.entries(named).map(([id, attributes]) => {
      const path = asText(at(attributes, "//", "metadata", "path"));
      return { address: `${type}.${id}`, type, path, attributes };
    }),
  );
  return { name, environment, resources };
}

/** The value at a path of keys; a block that Terraform may write as a list of one counts as the block. */
export function at(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((current, key) => {
    const block = Array.isArray(current) && current.length === 1 ? current[0] : current;
    return typeof block === "object" && block !== null ? (block as Attributes)[key] : undefined;
  }, value);
}

export const asText = (value: unknown): string => (typeof value === "string" ? value : "");

/** A policy that looks at each resource of some types alone; `problemOf` says what is wrong, or null. */
export function eachResource(
  types: RegExp,
  problemOf: (resource: Resource, stack: StackUnderReview) => string | null,
): Policy["check"] {
  return (stack) =>
    stack.resources.flatMap((resource) => {
      const problem = types.test(resource.type) ? problemOf(resource, stack) : null;
      return problem === null ? [] : [{ resource, problem }];
    });
}

/** The first problem of a table of conditions. */
export const firstProblem = (conditions: readonly (readonly [wrong: boolean, problem: string])[]): string | null =>
  conditions.find(([wrong]) => wrong)?.[1] ?? null;
