import { expect, it } from "vitest";
import { environmentChecks } from "./check-environment.ts";
import type { Finding } from "./finding.ts";
import { runChecks } from "./run-checks.ts";

const checkEnvironment = (environment: Record<string, string | undefined>): Promise<Finding[]> =>
  runChecks(environmentChecks(environment), { atOnce: 4, deadlineMs: 1_000, onDone: () => undefined });

const sound = { SUPABASE_URL: "https://abc.supabase.co", SUPABASE_SECRET_KEY: "sb_secret_0123456789" };

it("what only the deployed functions need is not asked of the operator's machine", async () => {
  const findings = await checkEnvironment(sound);
  expect(findings.filter(({ result }) => result === "fail")).toEqual([]);
  expect(findings).toContainEqual(expect.objectContaining({ check: "environment GOOGLE_CLIENT_ID", result: "skip" }));
});

it.each([
  ["SUPABASE_URL", undefined, "is missing"],
  ["SUPABASE_URL", "", "is missing"],
  ["SUPABASE_URL", "not an address", "is not valid"],
  ["SUPABASE_URL", "https://abc.supabase.co/", "is not what it should be"],
  ["SUPABASE_SECRET_KEY", undefined, "is missing"],
  ["SUPABASE_SECRET_KEY", "sb_publishable_0123456789", "is not what it should be"],
  ["GOOGLE_REDIRECT_URI", "http://auth.example.com/callback", "is not what it should be"],
  ["GOOGLE_REDIRECT_URI", "https://auth.example.com/", "is not what it should be"],
  ["DATA_RESIDENCY", "mars", "is not valid"],
])("%s as %j fails and says how to mend it", async (name, value, detail) => {
  const [failed, ...others] = (await checkEnvironment({ ...sound, [name]: value })).filter(
    ({ result }) => result === "fail",
  );
  expect(others).toEqual([]);
  expect(failed).toMatchObject({ check: `environment ${name}`, detail: expect.stringContaining(detail) });
  expect(failed?.mend).toBeTruthy();
});

it("no finding shows a value", async () => {
  const canary = "sb_publishable_canary";
  const findings = await checkEnvironment({ ...sound, SUPABASE_SECRET_KEY: canary, GOOGLE_CLIENT_SECRET: canary });
  expect(JSON.stringify(findings)).not.toContain(canary);
});
