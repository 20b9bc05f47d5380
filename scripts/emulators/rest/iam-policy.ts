import { z } from "zod";
import type { Principal } from "./emulator.ts";
import { GoogleError } from "./errors.ts";

/** `user:`, `serviceAccount:`, `group:`, `domain:` and an address, or everybody. */
const MEMBER =
  /^(allUsers|allAuthenticatedUsers|(user|serviceAccount|group|domain|deleted):\S+|project(Owner|Editor|Viewer):\S+)$/;

const binding = z.strictObject({
  role: z.string().regex(/^(roles|(projects|organizations)\/[^/]+\/roles)\/[\w.]+$/),
  members: z.array(z.string().regex(MEMBER)).min(1),
  condition: z
    .strictObject({ title: z.string(), expression: z.string().min(1), description: z.string().optional() })
    .optional(),
});

export const policySchema = z.strictObject({
  version: z.union([z.literal(0), z.literal(1), z.literal(3)]).optional(),
  bindings: z.array(binding).optional(),
  etag: z.string().optional(),
  auditConfigs: z.array(z.looseObject({})).optional(),
});
export const setPolicySchema = z.strictObject({ policy: policySchema, updateMask: z.string().optional() });

export type Binding = z.output<typeof binding>;
export type Policy = z.output<typeof policySchema>;

/** Whether the project lets somebody do something; the administration emulator implements it. */
export type Permits = (principal: Principal | null, permission: string) => boolean;

/** 403 in the words of most APIs: whether the resource exists is not said. */
export function denied(permission: string, resource: string): GoogleError {
  const message = `Permission '${permission}' denied on resource '${resource}' (or it may not exist).`;
  return new GoogleError(403, "IAM_PERMISSION_DENIED", message, "PERMISSION_DENIED");
}

/** Who may do what with one resource. */
export class PolicyHolder {
  #bindings: readonly Binding[];
  #revision = 1;

  constructor(bindings: readonly Binding[] = []) {
    this.#bindings = bindings;
  }

  get bindings(): readonly Binding[] {
    return this.#bindings;
  }

  /** As Google shows it: a caller that does not ask for version 3 sees no conditions, only mangled roles. */
  show(requestedVersion: number): Policy {
    const conditional = this.#bindings.some(({ condition }) => condition !== undefined);
    const bindings =
      requestedVersion >= 3
        ? [...this.#bindings]
        : this.#bindings.map(({ role, members, condition }) => ({
            role: condition === undefined ? role : `${role}_withcond_0123456789abcdef0123`,
            members,
          }));
    return {
      version: conditional && requestedVersion >= 3 ? 3 : 1,
      etag: this.#etag,
      ...(bindings.length > 0 && { bindings }),
    };
  }

  /** Replaces everything; 409 when the caller had read another revision. */
  replace({ bindings = [], etag, version = 1 }: Policy): void {
    if (etag !== undefined && etag !== this.#etag) {
      throw new GoogleError(409, "aborted", "There were concurrent policy changes.", "ABORTED");
    }
    if (version < 3 && bindings.some(({ condition }) => condition !== undefined)) {
      throw new GoogleError(400, "badRequest", "Conditions need policy version 3.", "INVALID_ARGUMENT");
    }
    this.#bindings = bindings;
    this.#revision += 1;
  }

  /** Whether a role is given without any condition. */
  gives(role: string, member: string): boolean {
    return this.#bindings.some(
      (binding) => binding.role === role && binding.condition === undefined && binding.members.includes(member),
    );
  }

  grant(role: string, member: string): void {
    if (this.gives(role, member)) return;
    const others = this.#bindings.filter((binding) => binding.role !== role || binding.condition !== undefined);
    const members = this.#bindings.filter((binding) => !others.includes(binding)).flatMap((binding) => binding.members);
    this.#bindings = [...others, { role, members: [...members, member] }];
    this.#revision += 1;
  }

  get #etag(): string {
    return Buffer.from(`revision ${this.#revision}`).toString("base64");
  }
}
