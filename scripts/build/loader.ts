/** The names of one build's files; the hash is of the bundle's content. */
export const bundleName = (hash: string): string => `function-${hash}.js`;
export const codeCacheName = (hash: string): string => `function-${hash}.cache`;

/**
 * The main file of a deployed function: runs the bundle from V8's code cache. V8 itself compares only the length of
 * the source, hence the hash in the names; its version and flags it does check, and a cache that does not fit, or is
 * not there, only costs the compilation that it would have saved.
 * `module.script` lets the build take the cache of what ran.
 */
export function loaderSource(hash: string): string {
  return `"use strict";
const { existsSync, readFileSync } = require("node:fs");
const { join } = require("node:path");
const { Script, constants } = require("node:vm");
const filename = join(__dirname, "${bundleName(hash)}");
const cache = join(__dirname, "${codeCacheName(hash)}");
// The bundle is ASCII: as latin1 it stays one byte a character.
const source = "(function (exports, require, module, __filename, __dirname) {" + readFileSync(filename, "latin1") + "\\n})";
const script = new Script(source, {
  filename,
  cachedData: existsSync(cache) ? readFileSync(cache) : undefined,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
module.script = script;
script.runInThisContext()(exports, require, module, filename, __dirname);
`;
}
