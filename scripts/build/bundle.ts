import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import type { FunctionName } from "../../infra/topology/functions.ts";
import { WRAPPER } from "./loader.ts";
import { oneCopyPlugin } from "./one-copy.ts";

/** Installed by the deployment: a native module cannot be bundled. */
export const INSTALLED = ["@node-rs/crc32"];

const frameworkFolder = path.dirname(createRequire(import.meta.url).resolve("@google-cloud/functions-framework"));

export interface Bundle {
  readonly code: Uint8Array;
  readonly metafile: Metafile;
}

/** A function and its framework in one minified file; CommonJS, because V8 takes no code cache of an ES module. */
export async function bundleFunction(name: FunctionName, root: string): Promise<Bundle> {
  const options = bundleOptions(name, root);
  const bundle = await outputOf(options);
  const servesWebRequests = Object.keys(bundle.metafile.inputs).includes("shared/runtime/fetch-function.ts");
  return servesWebRequests ? bundle : outputOf({ ...options, ...lightWebClient });
}

/** In place of Node's own, however the bundled code spells them. */
const lightWebClient = {
  inject: [path.join(import.meta.dirname, "web-client.ts")],
  define: { "globalThis.Headers": "Headers", "globalThis.fetch": "fetch" },
};

function bundleOptions(name: FunctionName, root: string): BuildOptions {
  return {
    absWorkingDir: root,
    stdin: { contents: entrySource(name), resolveDir: root, sourcefile: "entry.js", loader: "js" },
    outfile: "function.js",
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
    banner: { js: WRAPPER[0] },
    footer: { js: WRAPPER[1] },
    external: INSTALLED,
    plugins: [oneCopyPlugin(root), zodNamespacePlugin],
    logLevel: "silent",
  };
}

/**
 * Nothing runs before it is asked for. Zod makes code for each schema at its first use, which pays after thousands of
 * uses and costs a start 10 ms; it is told not to, before the first schema is made.
 */
const entrySource = (name: FunctionName): string => `
import { config } from "zod";
config({ jitless: true });
exports.load = () => {
  require("./functions/${name}/index.ts");
  const { getRegisteredFunction } = require(${JSON.stringify(path.join(frameworkFolder, "function_registry.js"))});
  return { ${JSON.stringify(name)}: getRegisteredFunction(${JSON.stringify(name)}).userFunction };
};
exports.serve = () => require(${JSON.stringify(path.join(frameworkFolder, "main.js"))});
`;

async function outputOf(options: BuildOptions): Promise<Bundle> {
  const { outputFiles, metafile } = await build({ ...options, write: false, metafile: true });
  const [output] = outputFiles;
  if (output === undefined) throw new Error("esbuild wrote nothing");
  return { code: output.contents, metafile };
}

/**
 * Our sources import zod as `{ z }`, an object of which esbuild cannot leave anything out: 350 KiB, most of them error
 * messages in other languages. Of the same imported as a namespace it keeps what is used.
 */
const zodNamespacePlugin: Plugin = {
  name: "zod-namespace",
  setup: (building) => {
    building.onLoad({ filter: /[\\/](?:shared|functions)[\\/].*\.ts$/ }, async ({ path: file }) => {
      const source = await readFile(file, "utf8");
      return { loader: "ts", contents: source.replace(/^import \{ z \} from "zod";$/m, 'import * as z from "zod";') };
    });
  },
};
