// node take-code-cache.ts FOLDER CACHE: starts a built function as the platform does, lets it answer once, and writes
// V8's code cache. A process of its own: the cache must hold what one function compiles when it starts, and its
// environment is its own.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Script } from "node:vm";
import { freePort } from "../local/database/free-port.ts";
import { FRAMEWORK_FILE, FRAMEWORK_FOLDER, LOADER_FILE } from "./loader.ts";

const [folder = "", cache = ""] = process.argv.slice(2);
const require = createRequire(path.join(folder, "package.json"));
const port = await freePort();
const POLL_MS = 20;

process.env["PORT"] = String(port);
require(`./${FRAMEWORK_FOLDER}/${FRAMEWORK_FILE}`);

/** The framework does not tell when it listens; the build ends this process when it never does. */
async function firstAnswer(): Promise<Response> {
  for (;;) {
    try {
      return await fetch(`http://127.0.0.1:${port}/`);
    } catch {
      await delay(POLL_MS);
    }
  }
}

const { status } = await firstAnswer();
if (status >= 500) throw new Error(`it answers ${status} to a stranger`);
const { script } = require(`./${LOADER_FILE}`) as { script: Script };
writeFileSync(cache, script.createCachedData());
process.exit(0);
