import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { adapterCallsOf } from "./adapter-calls.ts";
import { needsOfCode } from "./needs.ts";
import { readSources } from "./sources.ts";

/** As much of a client as the compiler must know. */
const CLIENT = `export class File { download(): Promise<[string]>; delete(): Promise<[unknown]>; }
export class Bucket {
  file(name: string): File;
  getFiles(): Promise<[File[]]>;
  deleteFiles(): Promise<void>;
}
export class Storage { bucket(name: string): Bucket; }`;
const PORT = `export interface ObjectStore {
  read(name: string): Promise<string>;
  remove(name: string): Promise<void>;
  count(): Promise<number>;
}`;
const ADAPTER = `import { Storage, type File } from "@google-cloud/storage";
import type { ObjectStore } from "../ports/object-store.ts";
export function makeObjectStore(name: string): ObjectStore {
  const bucket = new Storage().bucket(name);
  const counted = async () => (await bucket.getFiles())[0].length;
  return {
    read: (object) => bytesOf(bucket.file(object)),
    remove: async (object) => void (await bucket.file(object).delete()),
    count: counted,
  };
}
async function bytesOf(file: File): Promise<string> {
  return (await file.download())[0];
}`;
const INDEX = `import { makeObjectStore } from "../../shared/google/storage.ts";
import { makeHandler } from "./handler.ts";
makeHandler({ objects: makeObjectStore("recordings") });`;

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "adapter-calls-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** What a function with this handler calls, as `port method > client method`. */
function callsWith(handler: string, files: Readonly<Record<string, string>> = {}): readonly string[] {
  const all = {
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        module: "nodenext",
        lib: ["es2022"],
        types: [],
        allowImportingTsExtensions: true,
        noEmit: true,
      },
    }),
    "package.json": JSON.stringify({ type: "module" }),
    "node_modules/@google-cloud/storage/package.json": JSON.stringify({ types: "index.d.ts" }),
    "node_modules/@google-cloud/storage/index.d.ts": CLIENT,
    "shared/ports/object-store.ts": PORT,
    "shared/google/storage.ts": ADAPTER,
    "functions/keep-watch/index.ts": INDEX,
    "functions/keep-watch/handler.ts": `import type { ObjectStore } from "../../shared/ports/object-store.ts";
export function makeHandler(deps: { objects: Pick<ObjectStore, "read" | "remove" | "count"> }) { ${handler} }`,
    ...files,
  };
  for (const [file, text] of Object.entries(all)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
  const calls = adapterCallsOf(readSources(root, ["keep-watch"]), "keep-watch");
  return calls
    .map(({ use, client }) => `${use} > ${client}`)
    .filter((call) => !/Storage\.bucket|Bucket\.file/.test(call));
}

it("follows the port methods that a function calls into the adapter's own functions, and no other method", () => {
  expect(callsWith(`return () => deps.objects.read("a");`)).toEqual(["ObjectStore.read > File.download"]);
});

it("counts a method that is handed on, taken out of the object, or kept in a variable", () => {
  expect(callsWith("return [deps.objects.count];")).toEqual(["ObjectStore.count > Bucket.getFiles"]);
  expect(callsWith("const { remove: drop } = deps.objects; return drop;")).toEqual([
    "ObjectStore.remove > File.delete",
  ]);
});

it("follows what an adapter hands on by its name alone, and an adapter that may be absent", () => {
  const handed = `import { Storage } from "@google-cloud/storage";
import type { ObjectStore } from "../ports/object-store.ts";
export function makeObjectStore(name: string): ObjectStore | null {
  if (name === "") return null;
  const files = async () => (await new Storage().bucket(name).getFiles())[0].length;
  return { read: async () => "", remove: async () => undefined, count: () => sum({ files }) };
}
const sum = ({ files }: { files: () => Promise<number> }) => files();`;

  expect(callsWith("return deps.objects.count;", { "shared/google/storage.ts": handed })).toEqual([
    "ObjectStore.count > Bucket.getFiles",
  ]);
  expect(callsWith("return deps.objects.read;", { "shared/google/storage.ts": handed })).toEqual([]);
});

it("counts an adapter as a whole when its methods cannot be told apart", () => {
  const spread = ADAPTER.replace("return {", "return { ...{},");

  expect(callsWith("return deps;", { "shared/google/storage.ts": spread })).toEqual([
    "makeObjectStore > Bucket.getFiles",
    "makeObjectStore > File.delete",
    "makeObjectStore > File.download",
  ]);
});

it("counts a client that the function's own code calls past its ports", () => {
  const direct = `import { Storage } from "@google-cloud/storage";
export function makeHandler(_: unknown) { return new Storage().bucket("b").deleteFiles(); }`;

  expect(callsWith("", { "functions/keep-watch/handler.ts": direct })).toEqual(["itself > Bucket.deleteFiles"]);
});

it("refuses a client's method that nobody has said the permission of", () => {
  const call = { file: "shared/google/storage.ts", use: "ObjectStore.move", client: "File.move" };
  const fn = { name: "keep-watch", trigger: { kind: "schedule" }, apis: [], secrets: [], timings: [] } as const;
  const size = { memoryMiB: 256, timeoutSeconds: 60, concurrency: 1, maxInstances: 1 };

  expect(() => needsOfCode({ ...fn, ...size }, [call])).toThrow(/shared\/google\/storage\.ts: File\.move is not in/);
});
