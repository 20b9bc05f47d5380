import { readFileSync } from "node:fs";
import path from "node:path";
import { App } from "cdktf";
import type { Bundles } from "./bundles/bundles.ts";
import type { Environment } from "./environment.ts";
import { BootstrapStack } from "./stacks/bootstrap-stack.ts";
import { PipelineStack } from "./stacks/pipeline-stack.ts";

export interface SynthesisOptions {
  readonly environments: readonly Environment[];
  readonly bundles: Bundles;
  readonly outdir: string;
}

/** Terraform's JSON of one stack. */
export interface SynthesizedStack {
  readonly name: string;
  readonly environment: Environment;
  readonly file: string;
  readonly text: string;
}

/** Writes the stacks of every environment below `outdir`, as `stacks/<name>/cdk.tf.json`. Needs no network. */
export function synthesize({ environments, bundles, outdir }: SynthesisOptions): readonly SynthesizedStack[] {
  const app = new App({ outdir });
  const stacks = environments.flatMap((environment) => [
    { environment, stack: new BootstrapStack(app, environment) },
    { environment, stack: new PipelineStack(app, environment, bundles) },
  ]);
  app.synth();
  return stacks.map(({ environment, stack }) => {
    const name = stack.node.id;
    const file = path.join(outdir, "stacks", name, "cdk.tf.json");
    return { name, environment, file, text: readFileSync(file, "utf8") };
  });
}
