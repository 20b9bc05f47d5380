import { ProjectIamCustomRole } from "@cdktf/provider-google/lib/project-iam-custom-role/index.js";
import { ProjectIamMember } from "@cdktf/provider-google/lib/project-iam-member/index.js";
import { StorageBucketIamMember } from "@cdktf/provider-google/lib/storage-bucket-iam-member/index.js";
import { Construct } from "constructs";
import { type Access, type AccessName, access, roleIdOf } from "../topology/access.ts";
import type { Platform } from "./platform.ts";

export interface GrantConfig {
  readonly name: AccessName;
  readonly member: string;
  /** The recordings bucket's name. */
  readonly bucket: string;
}

/** The topology's custom roles, and their grants to the accounts of functions. */
export class AccessRoles extends Construct {
  readonly #roles = new Map<AccessName, ProjectIamCustomRole>();
  readonly #projectId: string;

  constructor(scope: Construct, id: string, { environment }: Platform) {
    super(scope, id);
    this.#projectId = environment.projectId;
    for (const [name, { permissions }] of Object.entries<Access>(access)) {
      const role = new ProjectIamCustomRole(this, name, {
        roleId: roleIdOf(name),
        title: `Booking Insights: ${name.replaceAll("-", " ")}`,
        permissions: Object.keys(permissions),
      });
      this.#roles.set(name as AccessName, role);
    }
  }

  /** Grants inside `scope`, the function's construct, so that each grant is found under what needs it. */
  grant(scope: Construct, { name, member, bucket }: GrantConfig): void {
    const made = this.#roles.get(name);
    if (made === undefined) throw new Error(`the topology knows no access called ${name}`);
    const project = this.#projectId;
    // Of the role's id, so that a plan shows which role is granted: its name is known after the apply.
    const role = `projects/${project}/roles/${made.roleId}`;
    if (access[name].on === "recordings") new StorageBucketIamMember(scope, name, { bucket, role, member });
    else new ProjectIamMember(scope, name, { project, role, member });
  }
}
