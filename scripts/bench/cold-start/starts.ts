import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { build } from "esbuild";
import { type FunctionName, functions } from "../../../infra/topology/functions.ts";
import { buildFunction } from "../../build/build-function.ts";
import { FRAMEWORK_FILE, FRAMEWORK_FOLDER, NODE_FLAGS } from "../../build/loader.ts";
import type { Occasion } from "../../build/take-code-cache.ts";
import type { Command } from "../measured-process.ts";

/** What the platform's framework command is, unbundled: what hello and the unbundled functions are started with. */
const frameworkMain = path.join(
  path.dirname(createRequire(import.meta.url).resolve("@google-cloud/functions-framework")),
  "main.js",
);

/** Of the container's memory the platform's Node.js buildpack leaves this much out of the heap's limit. */
const HEADROOM_MIB = 64;
const HELLO_MEMORY_MIB = 256;

/** The framework's documented first function. */
const HELLO = `const functions = require("@google-cloud/functions-framework");
functions.http("helloWorld", (req, res) => {
  res.send("Hello, World");
});
`;
const BARE = `require("node:http").createServer((request, response) => response.end("hello")).listen(process.env.PORT);\n`;

/** How each contestant is started, from a folder made for this run. */
export interface Starts {
  readonly bare: Command;
  readonly hello: Command;
  /** What the build makes of a function; made when it is first asked for. */
  built(name: FunctionName): Promise<Command>;
  /** The same function as most are deployed. */
  unbundled(name: FunctionName): Promise<Command>;
}

export interface StartsOptions {
  readonly root: string;
  /** Relative to the project; within it, so that installed packages are found. */
  readonly folder: string;
  /** Where the functions work before they are measured. */
  readonly occasion: Occasion;
}

export async function makeStarts({ root, folder, occasion }: StartsOptions): Promise<Starts> {
  const at = (name: string) => path.join(root, folder, name);
  await write(at("bare"), { "server.js": BARE, "package.json": '{"type":"commonjs"}' });
  await write(at("hello"), { "index.js": HELLO, "package.json": '{"type":"commonjs","main":"index.js"}' });
  const environmentOf = async (name: FunctionName) => {
    const fn = functions.find((candidate) => candidate.name === name) ?? functions[0];
    return { ...(await occasion.environmentFor(name)), ...platformEnvironment(fn) };
  };
  return {
    bare: { args: ["server.js"], cwd: at("bare"), environment: {} },
    hello: {
      args: [frameworkMain],
      cwd: at("hello"),
      environment: platformEnvironment({ name: "helloWorld", memoryMiB: HELLO_MEMORY_MIB }),
    },
    built: once(async (name) => {
      const built = await buildFunction(name, { root, target: folder, occasion });
      const args = [...NODE_FLAGS, path.join(FRAMEWORK_FOLDER, FRAMEWORK_FILE)];
      return { args, cwd: path.join(root, built.folder), environment: await environmentOf(name) };
    }),
    unbundled: once(async (name) => {
      const cwd = at(`unbundled/${name}`);
      await write(cwd, { "index.js": await unbundledSource(name, root), "package.json": '{"type":"module"}' });
      return { args: [frameworkMain], cwd, environment: await environmentOf(name) };
    }),
  };
}

/** What the platform sets: the function's name, and a heap limit out of the container's memory. */
const platformEnvironment = ({ name, memoryMiB }: { readonly name: string; readonly memoryMiB: number }) => ({
  FUNCTION_TARGET: name,
  NODE_OPTIONS: `--max-old-space-size=${memoryMiB - HEADROOM_MIB}`,
});

/**
 * The function as `tsc` would leave it, its packages in node_modules, with `googleapis` imported as its own
 * documentation shows. Only our own files are put together, so that reading TypeScript is not what is measured.
 */
async function unbundledSource(name: FunctionName, root: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { google } from "googleapis";
import "./functions/${name}/index.ts";
export const calendar = google.calendar({ version: "v3" });`,
      resolveDir: root,
      loader: "ts",
    },
    absWorkingDir: root,
    write: false,
    bundle: true,
    packages: "external",
    platform: "node",
    target: "node24",
    format: "esm",
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(path.join(folder, name), text)));
}

function once<Key, Value>(make: (key: Key) => Promise<Value>): (key: Key) => Promise<Value> {
  const made = new Map<Key, Promise<Value>>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}
