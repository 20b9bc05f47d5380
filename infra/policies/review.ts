import type { SynthesizedStack } from "../synthesize.ts";
import { accessPolicies } from "./access-policies.ts";
import { dataPolicies } from "./data-policies.ts";
import { messagingPolicies } from "./messaging-policies.ts";
import { observabilityPolicies } from "./observability-policies.ts";
import { type Policy, underReview } from "./policy.ts";
import { residencyPolicies } from "./residency-policies.ts";
import { type Skip, skips } from "./skips.ts";

export const policies: readonly Policy[] = [
  ...accessPolicies,
  ...dataPolicies,
  ...messagingPolicies,
  ...observabilityPolicies,
  ...residencyPolicies,
];

export interface Violation {
  readonly stack: string;
  readonly policy: string;
  readonly address: string;
  readonly problem: string;
}

export interface Review {
  readonly violations: readonly Violation[];
  readonly skipped: readonly { readonly policy: string; readonly reason: string; readonly findings: number }[];
}

/** Runs every policy over the stacks. A skip that no finding needs is a violation too: it would hide the next one. */
export function review(stacks: readonly SynthesizedStack[]): Review {
  const used = new Map<Skip, number>();
  const violations = stacks.flatMap((stack): Violation[] =>
    policies.flatMap(({ name, check }) =>
      check(underReview(stack)).flatMap(({ resource, problem }) => {
        const skip = skips.find((candidate) => matches(candidate, { policy: name, path: resource.path, stack }));
        if (skip === undefined) return [{ stack: stack.name, policy: name, address: resource.address, problem }];
        used.set(skip, (used.get(skip) ?? 0) + 1);
        return [];
      }),
    ),
  );
  const idle = skips.filter(
    (skip) => !used.has(skip) && stacks.some(({ environment }) => skip.when?.(environment) ?? true),
  );
  return {
    violations: [...violations, ...idle.map(idleViolation)],
    skipped: [...used].map(([{ policy, reason }, findings]) => ({ policy, reason, findings })),
  };
}

interface FoundAt {
  readonly policy: string;
  readonly path: string;
  readonly stack: SynthesizedStack;
}

function matches(skip: Skip, { policy, path, stack }: FoundAt): boolean {
  const there = skip.path === "*" || path.endsWith(skip.path);
  return skip.policy === policy && there && (skip.when?.(stack.environment) ?? true);
}

const idleViolation = ({ policy, path }: Skip): Violation => ({
  stack: "*",
  policy,
  address: path,
  problem: "is skipped, and nothing needs it: remove the skip",
});
