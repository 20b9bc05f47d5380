// node take-code-cache.ts LOADER NAME CACHE: starts a built function, lets it answer once, and writes V8's code cache.
// A process of its own: the cache must hold what one function compiles when it starts, and its environment is its own.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import type { Script } from "node:vm";

const [loader = "", name = "", cache = ""] = process.argv.slice(2);
const require = createRequire(loader);
const { getTestServer } = require("@google-cloud/functions-framework/testing") as {
  getTestServer(name: string): import("node:http").Server;
};

require(loader);
const server = getTestServer(name).listen(0, "127.0.0.1");
await once(server, "listening");
const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
if (answer.status >= 500) throw new Error(`${name} answers ${answer.status} to a stranger`);

const script = (require.cache[require.resolve(loader)] as { script?: Script } | undefined)?.script;
if (script === undefined) throw new Error(`${loader} does not hand out its script`);
writeFileSync(cache, script.createCachedData());
process.exit(0);
