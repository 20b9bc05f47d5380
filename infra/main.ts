// npm run synth [-- ENV...] [--json]: writes Terraform JSON for the environments below cdktf.out, and reviews it.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Bundles, readBundles, UNBUILT, writeZips } from "./bundles/bundles.ts";
import { type Environment, findEnvironment, parseEnvironments } from "./environment.ts";
import { environments } from "./environments.ts";
import { policies, type Review, review } from "./policies/review.ts";
import { type SynthesizedStack, synthesize } from "./synthesize.ts";

const HELP = `npm run synth [-- ENV...] [-- --json]

Writes Terraform's JSON for the environments (${environments.map(({ name }) => name).join(", ")}; all unless named)
as cdktf.out/stacks/<stack>/cdk.tf.json, and checks it against infra/policies. Needs no network and no credentials.
  --permissions   writes docs/permissions.md instead: who may do what, and which call needs it
  --json          prints one JSON object on stdout
  --help          prints this
Ends with 1 when a policy refuses something. Run "npm run build" before, or nothing in it can be deployed.
`;

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const outdir = "cdktf.out";

const flag = { type: "boolean", default: false } as const;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: flag, permissions: flag, help: flag },
  });
  if (values.help) return void process.stdout.write(HELP);
  if (values.permissions) {
    // Brings the compiler, which nothing else here needs.
    const { runPermissions } = await import("./permissions/write-permissions.ts");
    process.exitCode = runPermissions(root, values);
    return;
  }
  const started = performance.now();
  // The stacks name files relative to themselves; the rest of the program must not depend on where it was started.
  process.chdir(root);
  const bundles = readBundles("dist/functions");
  const stacks = synthesize({ environments: chosen(positionals), bundles, outdir });
  writeZips(bundles, path.join(outdir, "bundles"));
  const result = { stacks, bundles, review: review(stacks), elapsedMs: Math.round(performance.now() - started) };
  if (values.json) process.stdout.write(`${JSON.stringify(asJson(result))}\n`);
  else print(result);
  process.exitCode = result.review.violations.length > 0 ? 1 : 0;
}

function chosen(names: readonly string[]): readonly Environment[] {
  const all = parseEnvironments(environments);
  return names.length === 0 ? all : names.map((name) => findEnvironment(all, name));
}

interface Result {
  readonly stacks: readonly SynthesizedStack[];
  readonly bundles: Bundles;
  readonly review: Review;
  readonly elapsedMs: number;
}

const unbuilt = (bundles: Bundles): string[] =>
  [...bundles.values()].filter(({ hash }) => hash === UNBUILT).map(({ name }) => name);

function asJson({ stacks, bundles, review: { violations, skipped }, elapsedMs }: Result) {
  return {
    outdir,
    stacks: stacks.map(({ name, environment, file, text }) => ({
      name,
      environment: environment.name,
      residency: environment.residency,
      file,
      resources: countResources(text),
    })),
    bundles: [...bundles.values()].map(({ name, hash }) => ({ name, hash })),
    deployable: unbuilt(bundles).length === 0,
    policies: policies.length,
    violations,
    skipped,
    elapsedMs,
  };
}

function print(result: Result): void {
  const { stacks, violations, skipped, policies: count, elapsedMs } = asJson(result);
  for (const { name, residency, resources, file } of stacks) {
    process.stdout.write(`${name.padEnd(20)} ${residency} ${String(resources).padStart(4)} resources   ${file}\n`);
  }
  for (const { policy, reason, findings } of skipped) {
    process.stdout.write(`skipped: ${policy} (${findings} findings): ${reason}\n`);
  }
  for (const { stack, policy, address, problem } of violations) {
    process.stderr.write(`${stack}: ${address} ${problem} [${policy}]\n`);
  }
  process.stdout.write(`${count} policies, ${violations.length} violations, ${elapsedMs} ms\n`);
  const missing = unbuilt(result.bundles);
  if (missing.length > 0) {
    process.stderr.write(`Not built: ${missing.join(", ")}. Their object is named "${UNBUILT}"; run npm run build.\n`);
  }
}

function countResources(text: string): number {
  const { resource } = JSON.parse(text) as { resource: Record<string, object> };
  return Object.values(resource).reduce((sum, named) => sum + Object.keys(named).length, 0);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`Nothing was synthesized: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
