import { createHash } from "node:crypto";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Metafile } from "esbuild";
import type { FunctionName } from "../../infra/topology/functions.ts";
import { bundleFunction, INSTALLED } from "./bundle.ts";
import * as files from "./loader.ts";
import { type Occasion, strangersCall, takeCodeCache } from "./take-code-cache.ts";

const FRAMEWORK = "@google-cloud/functions-framework";
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
  /** What the code cache is to know; one stranger's call when absent. */
  readonly occasion?: Occasion;
}

/** Makes `<target>/<name>`: one minified bundle, its code cache, how it is started. What was there is replaced. */
export async function buildFunction(name: FunctionName, options: BuildOptions): Promise<BuiltFunction> {
  const { root, target, occasion = strangersCall } = options;
  const folder = path.join(root, target, name);
  const { code, metafile } = await bundleFunction(name, root);
  const hash = createHash("sha256").update(code).digest("hex").slice(0, HASH_LENGTH);
  const framework = path.join(folder, files.FRAMEWORK_FOLDER);
  await rm(folder, { recursive: true, force: true });
  await mkdir(framework, { recursive: true });
  const { version, dependencies } = await readProject(root);
  await Promise.all([
    writeFile(path.join(folder, files.bundleName(hash)), code),
    writeFile(path.join(folder, files.LOADER_FILE), files.loaderSource(hash)),
    writeFile(path.join(folder, files.MAIN_FILE), files.MAIN_SOURCE),
    writeJson(path.join(folder, "package.json"), {
      name,
      version,
      ...{ private: true, type: "commonjs", main: files.MAIN_FILE, engines: { node: ">=24" } },
      dependencies: { [FRAMEWORK]: `file:${files.FRAMEWORK_FOLDER}`, ...installed(metafile, dependencies) },
    }),
    writeFile(path.join(framework, files.FRAMEWORK_FILE), files.FRAMEWORK_SOURCE, { mode: 0o755 }),
    // The platform starts the command of the package of this name, and reads its version.
    writeJson(path.join(framework, "package.json"), {
      name: FRAMEWORK,
      version: dependencies[FRAMEWORK],
      ...{ private: true, type: "commonjs", bin: { "functions-framework": files.FRAMEWORK_FILE } },
    }),
  ]);
  const cache = path.join(folder, files.codeCacheName(hash));
  await takeCodeCache(name, { folder, cache, occasion });
  return {
    name,
    folder: path.join(target, name),
    bundleBytes: code.byteLength,
    codeCacheBytes: (await stat(cache)).size,
  };
}

const writeJson = (file: string, content: object): Promise<void> =>
  writeFile(file, `${JSON.stringify(content, null, 2)}\n`);

async function readProject(root: string) {
  return JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as {
    readonly version: string;
    readonly dependencies: Readonly<Record<string, string>>;
  };
}

/** What the bundle still asks for, in the project's own versions. */
function installed(metafile: Metafile, versions: Readonly<Record<string, string>>) {
  const imported = new Set(
    Object.values(metafile.outputs).flatMap(({ imports }) => imports.map((found) => found.path)),
  );
  return Object.fromEntries(INSTALLED.filter((name) => imported.has(name)).map((name) => [name, versions[name]]));
}
