/** The names of one build's files; the hash is of the bundle's content. */
export const bundleName = (hash: string): string => `function-${hash}.js`;
export const codeCacheName = (hash: string): string => `function-${hash}.cache`;

/** What a bundle is wrapped in: a function of what CommonJS gives a module, so that the file is run as it is read. */
export const WRAPPER = ["(function (exports, require, module, __filename, __dirname) {", "})"] as const;

/** Loads the bundle; everything else asks this file for it. */
export const LOADER_FILE = "bundle.cjs";
/** `main` of the deployed package: `.cjs` saves the framework a search for the package's type (10 ms). */
export const MAIN_FILE = "index.cjs";
/** The package that stands for the framework: its `bin` is what the platform starts. */
export const FRAMEWORK_FOLDER = "framework";
export const FRAMEWORK_FILE = "main.cjs";

/**
 * Runs the bundle from V8's code cache. V8 itself compares only the length of the source, hence the hash in the names;
 * its version and flags it does check, and a cache that does not fit, or is not there, only costs the compilation that
 * it would have saved. `script` lets the build take the cache of what ran.
 */
export function loaderSource(hash: string): string {
  return `"use strict";
const { existsSync, readFileSync } = require("node:fs");
const { join } = require("node:path");
const { Script, constants } = require("node:vm");
const filename = join(__dirname, "${bundleName(hash)}");
const cache = join(__dirname, "${codeCacheName(hash)}");
// The bundle is ASCII: as latin1 it stays one byte a character.
const script = new Script(readFileSync(filename, "latin1"), {
  filename,
  cachedData: existsSync(cache) ? readFileSync(cache) : undefined,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
script.runInThisContext()(exports, require, module, filename, __dirname);
exports.script = script;
`;
}

/** What the framework loads: registers the function; exported too, for a framework other than the bundled one. */
export const MAIN_SOURCE = `"use strict";
module.exports = require("./${LOADER_FILE}").load();
`;

/**
 * How a function's Node is started. A young generation that begins with 8 MiB and not with 1 saves four collections, 10
 * to 20 ms of a start, for as much memory. A code cache fits the flags that it was made with.
 */
export const NODE_FLAGS = ["--min-semi-space-size=8"] as const;

/** What the platform starts: the bundled framework, which finds the function in the folder it is started in. */
export const FRAMEWORK_SOURCE = `#!/usr/bin/env -S node ${NODE_FLAGS.join(" ")}
"use strict";
require("../${LOADER_FILE}").serve();
`;
