import { expect, it } from "vitest";
import { type DeployedFunction, functions } from "#topology/functions.ts";
import { ofType, resolve, synthesizeOne, testEnvironment } from "../../../infra/testing/synthesized.ts";
import { expectedSettings } from "./expected-settings.ts";
import { targetOf } from "./target.ts";

const environment = testEnvironment();
const { bootstrap, pipeline } = synthesizeOne(environment);
const target = targetOf(environment);

/** What Terraform would tell the function. */
function settingsOf(name: string): Readonly<Record<string, string>> {
  const found = ofType(resolve(pipeline), "google_cloudfunctions2_function").find(
    (one) => one.attributes["name"] === name,
  );
  const service = found?.attributes["service_config"] as { environment_variables?: Record<string, string> } | undefined;
  return service?.environment_variables ?? {};
}

it.each(functions.map((fn: DeployedFunction) => fn))(
  "what doctor wants $name to be told is what a deployment tells it",
  (fn) => {
    const redirectUri = "https://google-auth-123456789012.europe-west4.run.app/callback";
    const told = settingsOf(fn.name);
    const wanted = expectedSettings(fn, { ...target, redirectUri });

    expect(Object.keys(wanted)).toContain("GOOGLE_CLOUD_PROJECT_ID");
    expect(Object.fromEntries(Object.keys(wanted).map((name) => [name, told[name] ?? null]))).toEqual(wanted);
  },
);

it("the APIs that doctor asks for are those that a deployment enables", () => {
  const enabled = ofType(bootstrap, "google_project_service").map(({ attributes }) => String(attributes["service"]));

  expect([...target.apis].sort()).toEqual(enabled.sort());
});
