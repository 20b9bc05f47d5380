import { type Grantable, grantCommand, revokeCommand } from "./commands.ts";
import { fail, pass, unknown, type Verdict } from "./finding.ts";

/** An IAM policy as every API shows it, at version 3. */
export interface Policy {
  readonly bindings?: readonly {
    readonly role?: string | null;
    readonly members?: readonly string[] | null;
    readonly condition?: unknown;
  }[];
}

export interface WantedGrant {
  readonly role: string;
  readonly member: string;
}

const EVERYBODY = new Set(["allUsers", "allAuthenticatedUsers"]);

type Held = "yes" | "under a condition" | "no";

function held(policies: readonly Policy[], { role, member }: WantedGrant): Held {
  const bindings = policies
    .flatMap((policy) => policy.bindings ?? [])
    .filter((binding) => binding.role === role && binding.members?.includes(member));
  if (bindings.length === 0) return "no";
  return bindings.some(({ condition }) => condition === undefined || condition === null) ? "yes" : "under a condition";
}

/** Grants that let everybody in, `role` after `member`. */
export function publicGrants({ bindings = [] }: Policy): readonly WantedGrant[] {
  return bindings.flatMap(({ role, members }) =>
    (members ?? []).filter((member) => EVERYBODY.has(member)).map((member) => ({ role: role ?? "", member })),
  );
}

/** Passes when every grant is in one of the policies; a grant on the project counts as one on everything in it. */
export function judgeGrants(
  policies: readonly Policy[],
  wanted: readonly WantedGrant[],
  { on, why }: { readonly on: Grantable; readonly why: string },
): Verdict {
  const states = wanted.map((grant) => ({ grant, state: held(policies, grant) }));
  const missing = states.filter(({ state }) => state === "no").map(({ grant }) => grant);
  if (missing.length > 0) {
    const names = missing.map(({ role, member }) => `${member} has no ${role}`);
    const commands = missing.map(({ role, member }) => grantCommand(on, role, member));
    return fail(names.join("; "), `Grant it: ${why}`, commands.join(" && "));
  }
  const conditional = states.filter(({ state }) => state === "under a condition");
  if (conditional.length > 0) {
    return unknown(
      `granted under a condition: ${conditional.map(({ grant }) => grant.role).join(", ")}`,
      `Look: ${why}`,
    );
  }
  return pass(wanted.map(({ role, member }) => `${member} has ${role}`).join("; ") || "nobody needs any");
}

/** Fails when everybody is let in. */
export function judgePublic(policy: Policy, on: Grantable): Verdict | null {
  const grants = publicGrants(policy);
  if (grants.length === 0) return null;
  const commands = grants.map(({ role, member }) => revokeCommand(on, role, member));
  const names = grants.map(({ role, member }) => `${member} has ${role}`);
  return fail(names.join("; "), "Take it back: nobody but our own accounts may.", commands.join(" && "));
}
