import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

/** The folders that hold our code; everything else at the top level is configuration or documents. */
export const SOURCE_FOLDERS = ["functions", "infra", "shared", "scripts", "db"] as const;

/** Made by a tool, so measured by nobody. */
const GENERATED = new Set(["shared/supabase/database.types.ts"]);

export interface SourceFile {
  /** From the repository root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly isTest: boolean;
  readonly tree: ts.SourceFile;
}

/** Paths (from the root, sorted) of all files in our folders whose name ends in one of `endings`. */
export function listFiles(root: string, endings: readonly string[]): string[] {
  const found = SOURCE_FOLDERS.flatMap((folder) => walk(root, folder));
  return found.filter((file) => endings.some((ending) => file.endsWith(ending)) && !GENERATED.has(file)).sort();
}

function walk(root: string, folder: string): string[] {
  return entriesOf(path.join(root, folder)).flatMap((entry) => {
    const file = `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return [file];
    return entry.name === "node_modules" || entry.name.startsWith(".") ? [] : walk(root, file);
  });
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    // A room that nobody has built yet.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

const read = new Map<string, readonly SourceFile[]>();

/** Our TypeScript and JavaScript sources, read and parsed once (TypeScript 6's parser: 7 has no API yet). */
export function readSources(root: string): readonly SourceFile[] {
  const sources =
    read.get(root) ??
    listFiles(root, [".ts", ".mjs"]).map((file) => parseSource(file, readFileSync(path.join(root, file), "utf8")));
  read.set(root, sources);
  return sources;
}

export function parseSource(file: string, text: string): SourceFile {
  const kind = file.endsWith(".mjs") ? ts.ScriptKind.JS : ts.ScriptKind.TS;
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, kind);
  return { path: file, text, isTest: /\.test\.(ts|mjs)$/.test(file), tree };
}

/** 1-based line where a node starts. */
export function lineOf(node: ts.Node): number {
  const tree = node.getSourceFile();
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}

/** Calls `visit` for the node and everything under it. */
export function eachNode(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  node.forEachChild((child) => eachNode(child, visit));
}
