// npm run build [-- NAME...] [--json]: bundles the functions of infra/topology into dist/functions.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { functions } from "../../infra/topology/functions.ts";
import { type BuiltFunction, buildFunction } from "./build-function.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false } },
});
const names = functions.map(({ name }) => name);
const unknown = positionals.filter((name) => !names.some((known) => known === name));
const kib = (bytes: number) => `${Math.round(bytes / 1024)} KiB`.padStart(10);

async function main(): Promise<void> {
  if (unknown.length > 0)
    throw new Error(`No function is called ${unknown.join(", ")}; there are ${names.join(", ")}.`);
  const wanted = names.filter((name) => positionals.length === 0 || positionals.includes(name));
  const built: BuiltFunction[] = [];
  for (const name of wanted) {
    const result = await buildFunction(name, { root, target: "dist/functions" });
    built.push(result);
    if (values.json) continue;
    const sizes = `bundle ${kib(result.bundleBytes)}, code cache ${kib(result.codeCacheBytes)}`;
    process.stdout.write(`${name.padEnd(20)} ${sizes}   ${result.folder}\n`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ functions: built })}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`The build failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
