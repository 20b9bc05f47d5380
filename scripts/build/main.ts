// npm run build [-- NAME...] [--json] [--without-rehearsal]: the functions of infra/topology into dist/functions.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { functions } from "../../infra/topology/functions.ts";
import type { BuiltFunction } from "./build-function.ts";
import { buildFunctions } from "./build-functions.ts";

const USAGE = `npm run build [-- NAME...] [OPTIONS]

Makes dist/functions/NAME for every function, or for those that are named.
  --without-rehearsal  do not start the local stack: the functions start slower, since their code caches know less
  --json               print one JSON object on stdout`;

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    "without-rehearsal": { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
const names = functions.map(({ name }) => name);
const kib = (bytes: number) => `${Math.round(bytes / 1024)} KiB`.padStart(10);

async function main(): Promise<void> {
  if (values.help) return console.log(USAGE);
  const unknown = positionals.filter((name) => !names.some((known) => known === name));
  if (unknown.length > 0)
    throw new Error(`No function is called ${unknown.join(", ")}; there are ${names.join(", ")}.`);
  const built = await buildFunctions({
    names: names.filter((name) => positionals.length === 0 || positionals.includes(name)),
    root,
    target: "dist/functions",
    rehearse: !values["without-rehearsal"],
    onProgress: (step) => void process.stderr.write(`starting ${step}\n`),
    onBuilt: (one) => values.json || process.stdout.write(lineOf(one)),
  });
  if (values.json) process.stdout.write(`${JSON.stringify({ functions: built })}\n`);
}

function lineOf({ name, folder, bundleBytes, codeCacheBytes }: BuiltFunction): string {
  return `${name.padEnd(20)} bundle ${kib(bundleBytes)}, code cache ${kib(codeCacheBytes)}   ${folder}\n`;
}

main().catch((error: unknown) => {
  process.stderr.write(`The build failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
