import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Bundles, unbuiltBundles } from "../bundles/bundles.ts";
import type { Environment } from "../environment.ts";
import { environments } from "../environments.ts";
import { type Resource, underReview } from "../policies/policy.ts";
import { type SynthesizedStack, synthesize } from "../synthesize.ts";

/** A whole environment to test with; `overrides` as a deployer would type them. */
export function testEnvironment(overrides: Partial<Environment> = {}): Environment {
  const [example] = environments;
  if (example === undefined) throw new Error("there is no environment to take as an example");
  return { ...example, name: "test", projectId: "test-project", residency: "eu", minInstances: {}, ...overrides };
}

/** The environment's two stacks, synthesized into a folder that is gone afterwards. */
export function synthesizeOne(
  environment: Environment,
  bundles: Bundles = unbuiltBundles(),
): { bootstrap: SynthesizedStack; pipeline: SynthesizedStack } {
  const outdir = mkdtempSync(path.join(tmpdir(), "synth-"));
  try {
    const [bootstrap, pipeline] = synthesize({ environments: [environment], bundles, outdir });
    if (bootstrap === undefined || pipeline === undefined) throw new Error("an environment has two stacks");
    return { bootstrap, pipeline };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** What Terraform would know after an apply, as far as tests read it: the project's number, and references resolved. */
export function resolve(stack: SynthesizedStack): SynthesizedStack {
  const numbered = stack.text.replaceAll(/\$\{data\.google_project\.project\.number\}/g, "123456789012");
  const { resources } = underReview({ ...stack, text: numbered });
  const text = numbered.replaceAll(/\$\{(google_\w+)\.([\w-]+)\.(\w+)\}/g, (reference, type, id, attribute) => {
    const found = resources.find(({ address }) => address === `${type}.${id}`);
    return found === undefined ? reference : attributeOf(found, attribute, stack.environment.projectId);
  });
  return { ...stack, text };
}

function attributeOf({ type, attributes }: Resource, attribute: string, projectId: string): string {
  const email = `${attributes["account_id"]}@${projectId}.iam.gserviceaccount.com`;
  const computed: Record<string, string> = { email, member: `serviceAccount:${email}`, name: email };
  if (type === "google_service_account") return computed[attribute] ?? email;
  if (type === "google_project_iam_custom_role") return String(attributes["role_id"]);
  return String(attributes["name"] ?? attributes["repository_id"]);
}

/** Attributes of every resource of a type. */
export function ofType(stack: SynthesizedStack, type: string): readonly Resource[] {
  return underReview(stack).resources.filter((resource) => resource.type === type);
}
