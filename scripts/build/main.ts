// npm run build [-- NAME...] [--json] [--without-rehearsal]: the functions of infra/topology into dist/functions.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type FunctionName, functions } from "../../infra/topology/functions.ts";
import { startServices } from "../local/start-stack.ts";
import { type BuiltFunction, buildFunction } from "./build-function.ts";
import { makeRehearsal } from "./rehearsal/rehearsal.ts";
import type { Occasion } from "./take-code-cache.ts";

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
  const wanted = names.filter((name) => positionals.length === 0 || positionals.includes(name));
  const built = values["without-rehearsal"] ? await buildAll(wanted) : await rehearsed(wanted);
  if (values.json) process.stdout.write(`${JSON.stringify({ functions: built })}\n`);
}

/** On the local stack, where each function does its real work once. */
async function rehearsed(wanted: readonly FunctionName[]): Promise<readonly BuiltFunction[]> {
  const onProgress = (step: string) => void process.stderr.write(`starting ${step}\n`);
  const services = await startServices({ onProgress });
  const rehearsal = makeRehearsal(services);
  try {
    return await buildAll(wanted, rehearsal);
  } finally {
    await rehearsal.close();
    await services.stop();
  }
}

async function buildAll(wanted: readonly FunctionName[], occasion?: Occasion): Promise<readonly BuiltFunction[]> {
  const built: BuiltFunction[] = [];
  for (const name of wanted) {
    const result = await buildFunction(name, { root, target: "dist/functions", ...(occasion && { occasion }) });
    built.push(result);
    if (values.json) continue;
    const sizes = `bundle ${kib(result.bundleBytes)}, code cache ${kib(result.codeCacheBytes)}`;
    process.stdout.write(`${name.padEnd(20)} ${sizes}   ${result.folder}\n`);
  }
  return built;
}

main().catch((error: unknown) => {
  process.stderr.write(`The build failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
