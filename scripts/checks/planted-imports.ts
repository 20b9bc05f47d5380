import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { cruiseProject } from "./cruise-project.ts";

/** A file of an imagined project whose one import must be found by one rule. */
interface PlantedImport {
  readonly file: string;
  readonly statement: string;
  readonly rule: string;
}

const PLANTED: readonly PlantedImport[] = [
  {
    file: "functions/planted/handler.ts",
    statement: 'import type { adapter } from "#google/adapter.ts";',
    rule: "function-sees-no-adapter",
  },
  {
    file: "functions/planted/index.ts",
    statement: 'import "../other/handler.ts";',
    rule: "function-imports-no-other-function",
  },
  {
    file: "functions/other/handler.ts",
    statement: 'import { z } from "missing-package";',
    rule: "everything-resolves",
  },
  {
    file: "shared/google/adapter.ts",
    statement: 'import { store } from "#supabase/store.ts";\nexport const adapter = store;',
    rule: "room-shared-google",
  },
  { file: "shared/supabase/store.ts", statement: "export const store = 1;", rule: "none" },
  {
    file: "shared/domain/cycle-a.ts",
    statement: 'import type { b } from "./cycle-b.ts";\nexport type a = b[];',
    rule: "no-cycles",
  },
  {
    file: "shared/domain/cycle-b.ts",
    statement: 'import type { a } from "./cycle-a.ts";\nexport type b = a[];',
    // A cycle is reported once, for the first of its files.
    rule: "none",
  },
  {
    file: "scripts/emulators/planted/operations.ts",
    statement: 'import { store } from "../../../shared/supabase/store.ts";',
    rule: "room-scripts-emulators",
  },
];

/**
 * A check that sees nothing passes for ever; so each kind of forbidden import is planted in a project of its own,
 * with the aliases of ours, and must be found.
 * @returns what was planted and not found; empty when the rules work
 */
export async function missedPlantedImports(root: string): Promise<PlantedImport[]> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), "planted-imports-")));
  try {
    await cp(path.join(root, "package.json"), path.join(folder, "package.json"));
    for (const { file, statement } of PLANTED) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await writeFile(path.join(folder, file), `${statement}\n`);
    }
    const { summary } = await cruiseProject(folder, ["functions", "shared", "scripts"]);
    const found = new Set(summary.violations.map(({ rule, from }) => `${rule.name} ${from}`));
    return PLANTED.filter(({ rule, file }) => rule !== "none" && !found.has(`${rule} ${file}`));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
