import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { build, type Metafile } from "esbuild";
import type { FunctionName } from "../../infra/topology/functions.ts";
import { bundleName, codeCacheName, loaderSource } from "./loader.ts";
import { oneCopyPlugin } from "./one-copy.ts";
import { startEnvironment } from "./start-environment.ts";

/** Installed by the deployment: the framework starts the function, and crc32 is a native module. */
const INSTALLED = ["@google-cloud/functions-framework", "@node-rs/crc32"];
const HASH_LENGTH = 16;

export interface BuiltFunction {
  readonly name: FunctionName;
  /** Relative to the project. */
  readonly folder: string;
  readonly bundleBytes: number;
  readonly codeCacheBytes: number;
}

export interface BuildOptions {
  /** The project's folder, absolute. */
  readonly root: string;
  /** Where the functions' folders go, relative to `root`; below it, so that what they install is found. */
  readonly target: string;
}

/** Makes `<target>/<name>`: loader, one minified bundle, its code cache, package.json. What was there is replaced. */
export async function buildFunction(name: FunctionName, { root, target }: BuildOptions): Promise<BuiltFunction> {
  const folder = path.join(root, target, name);
  const { code, metafile } = await bundle(name, root);
  const hash = createHash("sha256").update(code).digest("hex").slice(0, HASH_LENGTH);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, bundleName(hash)), code);
  await writeFile(path.join(folder, "index.js"), loaderSource(hash));
  await writeFile(path.join(folder, "package.json"), await packageJson(name, root, metafile));
  const cache = path.join(folder, codeCacheName(hash));
  await takeCodeCache(name, path.join(folder, "index.js"), cache);
  return {
    name,
    folder: path.join(target, name),
    bundleBytes: code.byteLength,
    codeCacheBytes: (await stat(cache)).size,
  };
}

/** CommonJS, because V8's code cache of an ES module cannot be handed in from outside. */
async function bundle(name: FunctionName, root: string): Promise<{ code: Uint8Array; metafile: Metafile }> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [`functions/${name}/index.ts`],
    outfile: "function.js",
    write: false,
    metafile: true,
    bundle: true,
    minify: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    // Without the condition `module` packages give their CommonJS builds: closures that cost nothing until they are
    // required. Hoisted ES modules are set up at start, needed or not: 8 ms for OpenTelemetry's exporter.
    conditions: [],
    charset: "ascii",
    legalComments: "none",
    external: INSTALLED,
    plugins: [oneCopyPlugin(root)],
    logLevel: "silent",
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`esbuild wrote nothing for ${name}`);
  return { code: output.contents, metafile };
}

async function packageJson(name: FunctionName, root: string, metafile: Metafile): Promise<string> {
  const project = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as {
    version: string;
    dependencies: Record<string, string>;
  };
  const imported = new Set(
    Object.values(metafile.outputs).flatMap(({ imports }) => imports.map((found) => found.path)),
  );
  const needed = INSTALLED.filter((dependency) => imported.has(dependency));
  const dependencies = Object.fromEntries(needed.map((dependency) => [dependency, project.dependencies[dependency]]));
  const description = {
    name,
    version: project.version,
    private: true,
    type: "commonjs",
    main: "index.js",
    engines: { node: ">=24" },
    dependencies,
  };
  return `${JSON.stringify(description, null, 2)}\n`;
}

async function takeCodeCache(name: FunctionName, loader: string, cache: string): Promise<void> {
  const script = path.join(import.meta.dirname, "take-code-cache.ts");
  await promisify(execFile)(process.execPath, [script, loader, name, cache], {
    env: { ...startEnvironment(name), NODE_ENV: "production", PATH: process.env["PATH"] },
    timeout: 60_000,
  });
  if (!existsSync(cache)) throw new Error(`${name}: no code cache was written`);
}
