import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FunctionName, functions } from "../../infra/topology/functions.ts";
import { freePort } from "../local/database/free-port.ts";
import { buildFunction } from "./build-function.ts";
import { NODE_FLAGS } from "./loader.ts";
import { oneCopyOfEach } from "./one-copy.ts";
import { startEnvironment } from "./start-environment.ts";

const root = path.resolve(import.meta.dirname, "../..");
/** The framework as npm installs it, which a built function must get along with too. */
const installedFramework = path.join(
  path.dirname(createRequire(import.meta.url).resolve("@google-cloud/functions-framework")),
  "main.js",
);
/** This very Node is the one that a command finds. */
const system = { PATH: [path.dirname(process.execPath), process.env["PATH"]].join(path.delimiter) };
let target: string;

beforeAll(async () => {
  // Inside the project, so that the framework a bundle asks for is found.
  await mkdir(path.join(root, ".local"), { recursive: true });
  target = path.relative(root, await mkdtemp(path.join(root, ".local", "build-test-")));
});
afterAll(() => rm(path.join(root, target), { recursive: true, force: true }));

describe("a built function", () => {
  it.each(functions.map(({ name }) => name))("%s starts under the framework and answers a stranger", async (name) => {
    const { folder } = await buildFunction(name, { root, target });

    const status = await answerOf(name, folder);

    expect([401, 404]).toContain(status);
  });

  it("starts under a framework of somebody else", async () => {
    const { folder } = await buildFunction("process-booking", { root, target });

    expect(await answerOf("process-booking", folder, installedFramework)).toBe(401);
  });

  it("needs none of Node's own web client, which would cost a start 50 ms", async () => {
    const { folder } = await buildFunction("process-booking", { root, target });

    expect(await run("process-booking", folder, `process.moduleLoadList.some((name) => name.includes("undici"))`)).toBe(
      "false",
    );
  });

  it("runs from its code cache", async () => {
    const { folder } = await buildFunction("process-booking", { root, target });

    expect(await cacheRejected("process-booking", folder)).toBe("false");
  });

  it("starts without a code cache, and with one that does not fit", async () => {
    const { folder } = await buildFunction("process-booking", { root, target });
    const cache = (await readdir(path.join(root, folder))).find((file) => file.endsWith(".cache"));
    const cacheFile = path.join(root, folder, cache ?? "");

    await writeFile(cacheFile, "not a cache");
    expect(await cacheRejected("process-booking", folder)).toBe("true");
    await rm(cacheFile);
    expect(await cacheRejected("process-booking", folder)).toBe("undefined");
  });

  it("brings the framework along as the package that the platform starts, in the project's version", async () => {
    const { folder } = await buildFunction("capture-artifacts", { root, target });
    const read = async (file: string) => JSON.parse(await readFile(path.join(root, folder, file), "utf8"));
    const project = JSON.parse(await readFile(path.join(root, "package.json"), "utf8"));
    const framework = "@google-cloud/functions-framework";

    expect(await read("package.json")).toMatchObject({
      main: "index.cjs",
      dependencies: { [framework]: "file:framework", "@node-rs/crc32": project.dependencies["@node-rs/crc32"] },
    });
    expect(await read("framework/package.json")).toMatchObject({
      name: framework,
      version: project.dependencies[framework],
      bin: { "functions-framework": "main.cjs" },
    });
  });
});

it("copies of one version become one, other versions stay", () => {
  const copies = oneCopyOfEach({
    packages: {
      "": {},
      "node_modules/b/node_modules/gax": { version: "2.0.0" },
      "node_modules/a/node_modules/gax": { version: "2.0.0" },
      "node_modules/gax": { version: "1.0.0" },
    },
  });

  expect(copies.get("node_modules/b/node_modules/gax")).toBe("node_modules/a/node_modules/gax");
  expect(copies.get("node_modules/gax")).toBe("node_modules/gax");
});

/** Starts the function as Cloud Run does, in its folder, and asks it something without a token. */
async function answerOf(name: FunctionName, folder: string, framework?: string): Promise<number> {
  const port = await freePort();
  const command = framework === undefined ? ["framework/main.cjs"] : [process.execPath, framework];
  const child = spawn(command[0] ?? "", command.slice(1), {
    cwd: path.join(root, folder),
    env: { ...startEnvironment(name), ...system, FUNCTION_TARGET: name, PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const errors: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  try {
    // Its last line before it can be called.
    for await (const line of createInterface(child.stdout)) if (line.startsWith("URL:")) break;
    const response = await fetch(`http://127.0.0.1:${port}/`);
    return response.status;
  } catch (error) {
    throw new Error(`${name} did not answer: ${Buffer.concat(errors)}`, { cause: error });
  } finally {
    const ended = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
    child.kill("SIGKILL");
    await ended;
  }
}

/** What V8 says about the code cache: "false" (used), "true" (does not fit), "undefined" (there was none). */
const cacheRejected = (name: FunctionName, folder: string): Promise<string> =>
  run(name, folder, `require("./bundle.cjs").script.cachedDataRejected`);

/** The value of an expression in a process that has loaded the function. */
async function run(name: FunctionName, folder: string, expression: string): Promise<string> {
  const code = `require("./index.cjs"); console.log(String(${expression})); process.exit(0)`;
  const { stdout } = await promisify(execFile)(process.execPath, [...NODE_FLAGS, "-e", code], {
    cwd: path.join(root, folder),
    env: { ...startEnvironment(name), ...system },
  });
  return stdout.trim();
}
