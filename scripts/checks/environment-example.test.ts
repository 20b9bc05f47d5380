import { readFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { z } from "zod";
import { functions } from "../../infra/topology/functions.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** Every variable that a function's config.ts names. */
async function variablesOf(name: string): Promise<string[]> {
  const file = path.join(root, "functions", name, "config.ts");
  const exported: unknown[] = Object.values(await import(pathToFileURL(file).href));
  return exported.flatMap((value) => (value instanceof z.ZodObject ? Object.keys(value.shape) : []));
}

async function explainedVariables(): Promise<Set<string>> {
  const text = await readFile(path.join(root, ".env.example"), "utf8");
  return new Set([...text.matchAll(/^(?:# )?([A-Z][A-Z0-9_]+)=/gm)].flatMap(([, name]) => name ?? []));
}

it.each(functions.map(({ name }) => name))("every variable of %s stands in .env.example", async (name) => {
  const variables = await variablesOf(name);

  expect(variables).not.toEqual([]);
  expect(variables).toContain("SUPABASE_URL");
  const explained = await explainedVariables();
  expect(variables.filter((variable) => !explained.has(variable))).toEqual([]);
});

it(".env.example names nothing twice", async () => {
  const text = await readFile(path.join(root, ".env.example"), "utf8");
  const names = [...text.matchAll(/^(?:# )?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name);

  expect(names).toEqual([...new Set(names)]);
});
