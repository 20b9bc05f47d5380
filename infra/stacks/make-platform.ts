import { DataGoogleProject } from "@cdktf/provider-google/lib/data-google-project/index.js";
import { GoogleProvider } from "@cdktf/provider-google/lib/provider/index.js";
import { GcsBackend, type TerraformStack } from "cdktf";
import { bucketName, labelsOf, type Platform } from "../constructs/platform.ts";
import type { Environment } from "../environment.ts";
import { places } from "../residency.ts";

/** The bucket of Terraform's state, without the project's id. */
export const STATE_BUCKET = "terraform-state";

/** Sets up the provider, and what the constructs of the stack are told. */
export function makePlatform(stack: TerraformStack, environment: Environment): Platform {
  const place = places[environment.residency];
  new GoogleProvider(stack, "google", { project: environment.projectId, region: place.region });
  const project = new DataGoogleProject(stack, "project", { projectId: environment.projectId });
  return { environment, place, project, labels: labelsOf(environment), secretVersion: () => "latest" };
}

/** Terraform's state of the stack is kept in the bucket that the bootstrap made. */
export function keepState(stack: TerraformStack, platform: Platform): void {
  new GcsBackend(stack, { bucket: bucketName(platform, STATE_BUCKET), prefix: "pipeline" });
}
