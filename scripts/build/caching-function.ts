// node caching-function.ts FOLDER CACHE: a built function as the platform starts it, which writes V8's code cache and
// ends when its input ends. A process of its own: the cache must hold what one function compiles, and nothing else.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { Script } from "node:vm";
import { FRAMEWORK_FILE, FRAMEWORK_FOLDER, LOADER_FILE } from "./loader.ts";

const [folder = "", cache = ""] = process.argv.slice(2);
const require = createRequire(path.join(folder, "package.json"));

require(`./${FRAMEWORK_FOLDER}/${FRAMEWORK_FILE}`);
process.stdin.resume().once("end", () => {
  const { script } = require(`./${LOADER_FILE}`) as { script: Script };
  writeFileSync(cache, script.createCachedData());
  process.exit(0);
});
