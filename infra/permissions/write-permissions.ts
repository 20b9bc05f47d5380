import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { unbuiltBundles } from "../bundles/bundles.ts";
import type { Environment } from "../environment.ts";
import { environments } from "../environments.ts";
import { synthesize } from "../synthesize.ts";
import { callsOfEveryFunction, needsOfFunctions, type PermissionTable, permissionTable } from "./permission-table.ts";
import { PERMISSIONS_PAGE, permissionsPage } from "./permissions-page.ts";

/** The table of an environment that has everything optional: what no environment has is in no table. */
export function currentPermissions(root: string): PermissionTable {
  const outdir = mkdtempSync(path.join(tmpdir(), "permissions-"));
  try {
    const stacks = synthesize({ environments: [wholeEnvironment()], bundles: unbuiltBundles(), outdir });
    return permissionTable(stacks, needsOfFunctions(callsOfEveryFunction(root)));
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

function wholeEnvironment(): Environment {
  const [example] = environments;
  if (example === undefined) throw new Error("infra/environments.ts has no environment to show the permissions of");
  const kmsKey = "projects/keys/locations/europe-west4/keyRings/ring/cryptoKeys/key";
  return { ...example, name: "whole", projectId: "whole-project", residency: "eu", kmsKey };
}

/** Writes the page below `root`; true when it was another before. */
export function writePermissionsPage(root: string, table: PermissionTable): boolean {
  const file = path.join(root, PERMISSIONS_PAGE);
  const text = permissionsPage(table);
  if (readPage(file) === text) return false;
  writeFileSync(file, text);
  return true;
}

function readPage(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

/** The command: writes the page, says what does not add up, and fails when something does not. */
export function runPermissions(root: string, { json }: { readonly json: boolean }): number {
  const table = currentPermissions(root);
  const idle = table.entries.filter(({ neededBy }) => neededBy.length === 0);
  const changed = writePermissionsPage(root, table);
  const { entries, missing } = table;
  if (json) {
    process.stdout.write(`${JSON.stringify({ file: PERMISSIONS_PAGE, changed, entries, idle, missing })}\n`);
  } else {
    process.stdout.write(`${PERMISSIONS_PAGE}: ${entries.length} permissions, ${changed ? "written" : "as it was"}\n`);
  }
  for (const { account, permission, on } of idle) {
    process.stderr.write(`${account} holds ${permission} on ${on}, and nothing needs it: take it away\n`);
  }
  for (const { account, permission, on, by } of missing) {
    process.stderr.write(`${account} has no ${permission} on ${on}: ${by}\n`);
  }
  return idle.length + missing.length > 0 ? 1 : 0;
}
