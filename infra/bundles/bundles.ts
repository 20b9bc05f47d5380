import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type FunctionName, functions } from "../topology/functions.ts";
import { type ZipEntry, zip } from "./zip.ts";

/** Stands for the hash of a function that was not built: good to look at and to test, not to deploy. */
export const UNBUILT = "unbuilt";
const HASH_LENGTH = 32;

export interface Bundle {
  readonly name: FunctionName;
  /** Of the function's files, or UNBUILT. */
  readonly hash: string;
  readonly files: readonly ZipEntry[];
}

export type Bundles = ReadonlyMap<string, Bundle>;

/** What `npm run build` left in `folder`, one subfolder a function; a function without one is UNBUILT. */
export function readBundles(folder: string): Bundles {
  return new Map(functions.map(({ name }) => [name, readBundle(name, path.join(folder, name))]));
}

export const unbuiltBundles = (): Bundles =>
  new Map(functions.map(({ name }) => [name, { name, hash: UNBUILT, files: [] }]));

function readBundle(name: FunctionName, folder: string): Bundle {
  if (!existsSync(path.join(folder, "package.json"))) return { name, hash: UNBUILT, files: [] };
  const files = namesWithin(folder).map((name) => ({ name, content: readFileSync(path.join(folder, name)) }));
  return { name, hash: hashOf(files), files };
}

/** Every file below the folder, with forward slashes, as a zip names them; what npm installed beside them is left out. */
function namesWithin(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((file) => file.isFile())
    .map((file) => path.relative(folder, path.join(file.parentPath, file.name)).replaceAll(path.sep, "/"))
    .filter((name) => !name.startsWith("node_modules/"))
    .sort();
}

/** V8's code cache is left out: it differs from build to build, and the code that it is made from does not. */
function hashOf(files: readonly ZipEntry[]): string {
  const hash = createHash("sha256");
  for (const { name, content } of files) {
    if (!name.endsWith(".cache")) hash.update(`${name}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, HASH_LENGTH);
}

export const zipName = ({ name, hash }: Bundle): string => `${name}-${hash}.zip`;

/** Writes the archives that the stacks upload; one that is there already has the same content. */
export function writeZips(bundles: Bundles, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const bundle of bundles.values()) {
    const file = path.join(folder, zipName(bundle));
    if (bundle.hash !== UNBUILT && !existsSync(file)) writeFileSync(file, zip(bundle.files));
  }
}
