import type { Check, Finding } from "./check.ts";
import { cruiseProject, readRules } from "./cruise-project.ts";
import { missedPlantedImports } from "./planted-imports.ts";
import { SOURCE_FOLDERS } from "./source-files.ts";

/** Fewer modules than this means that the tool could not read our sources. */
const LEAST_MODULES = 200;

/** Which room imports which, cycles, packages: the rules and their reasons stand in .dependency-cruiser.mjs. */
export const importGraph: Check = {
  name: "import graph",
  run: async (root) => {
    const missed = await missedPlantedImports(root);
    const { modules, summary } = await cruiseProject(root, SOURCE_FOLDERS);
    const own = modules.filter(({ source }) => !source.includes("node_modules"));
    const comments = new Map((await readRules()).forbidden?.map(({ name, comment }) => [name, comment]));
    const violations = summary.violations.map(({ rule, from, to, cycle }) => ({
      where: from,
      problem: `imports ${cycle === undefined ? to : cycle.map(({ name }) => name).join(" → ")} (${rule.name})`,
      remedy: comments.get(rule.name) ?? "see .dependency-cruiser.mjs",
    }));
    return { seen: `${own.length} modules`, findings: [...blindness(own.length, missed), ...violations] };
  },
};

/** Signs that the check itself does not see. */
function blindness(modules: number, missed: readonly { file: string; rule: string }[]): Finding[] {
  const remedy = "repair .dependency-cruiser.mjs or scripts/checks/cruise-project.ts before trusting a green check";
  const few = { where: "import graph", problem: `saw ${modules} modules, expected over ${LEAST_MODULES}`, remedy };
  return [
    ...(modules > LEAST_MODULES ? [] : [few]),
    ...missed.map(({ file, rule }) => ({ where: file, problem: `planted import was not found by ${rule}`, remedy })),
  ];
}
