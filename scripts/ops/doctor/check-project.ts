import { shell } from "./commands.ts";
import { type Check, fail, pass } from "./finding.ts";
import { consoleLink, type GoogleContext, googleCheck, projectFlag } from "./google-context.ts";
import { judgePublic } from "./policy.ts";

/** The project, its APIs, and that nobody was let into all of it. */
export function projectChecks({ target, facts }: GoogleContext): Check[] {
  const { projectId } = target;
  return [
    googleCheck("project", async () => {
      const { state, name } = await facts.project();
      return state === "ACTIVE"
        ? pass(`${projectId} (${name}) is active`)
        : fail(`${projectId} is ${state}`, `Restore it: ${consoleLink(target, "cloud-resource-manager")}`);
    }),
    googleCheck("project is closed to the public", async () => {
      const on = { group: ["projects"], resource: projectId };
      return judgePublic(await facts.projectPolicy(), on) ?? pass("no role is given to everybody");
    }),
    ...target.apis.map((api) =>
      googleCheck(`API ${api}`, async () =>
        (await facts.enabledApis()).has(api)
          ? pass("is enabled")
          : fail("is not enabled", "Enable it.", shell("gcloud", "services", "enable", api, projectFlag(target))),
      ),
    ),
  ];
}
