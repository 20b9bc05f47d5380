import path from "node:path";
import { pathToFileURL } from "node:url";
import { cruise, type IConfiguration, type ICruiseResult } from "dependency-cruiser";

/** Every import of a project's folders, judged by the rules of this project. */
export async function cruiseProject(root: string, folders: readonly string[]): Promise<ICruiseResult> {
  const rules = await readRules();
  const { output } = await cruise([...folders], {
    ...rules.options,
    baseDir: root,
    validate: true,
    ruleSet: { forbidden: rules.forbidden ?? [] },
  });
  if (typeof output === "string") throw new Error("dependency-cruiser answered with text instead of its graph");
  return output;
}

export async function readRules(): Promise<IConfiguration> {
  const file = path.resolve(import.meta.dirname, "../../.dependency-cruiser.mjs");
  const module = (await import(pathToFileURL(file).href)) as { default: IConfiguration };
  return module.default;
}
