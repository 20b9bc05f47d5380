import { describe, expect, it } from "vitest";
import { z } from "zod";
import { callerEnvironment, cloudEnvironment, seconds, supabaseEnvironment } from "#contracts/environment.ts";
import { readEnvironment } from "#runtime/environment.ts";

const schema = z.object({
  ...supabaseEnvironment.shape,
  ...cloudEnvironment.shape,
  ...callerEnvironment.shape,
  LEASE_SECONDS: seconds,
});

const complete = {
  SUPABASE_URL: "https://p.supabase.co",
  SUPABASE_SECRET_KEY: "sb_secret_canary",
  GOOGLE_CLOUD_PROJECT_ID: "p",
  GOOGLE_CLOUD_REGION: "us-central1",
  OIDC_AUDIENCE: "https://f.example",
  OIDC_CALLERS: "a@p.iam.gserviceaccount.com, b@p.iam.gserviceaccount.com",
  LEASE_SECONDS: "2.4",
};

const problemsOf = (environment: Readonly<Record<string, string | undefined>>): string => {
  try {
    readEnvironment(schema, environment);
    return "";
  } catch (error) {
    return String(error);
  }
};

describe("the environment", () => {
  it("is read into what the functions work with", () => {
    const config = readEnvironment(schema, { ...complete, UNRELATED: "x" });
    expect(config).toMatchObject({
      ...{ LEASE_SECONDS: 2.4, DATA_RESIDENCY: "us" },
      OIDC_CALLERS: ["a@p.iam.gserviceaccount.com", "b@p.iam.gserviceaccount.com"],
    });
    expect(config.SUPABASE_SECRET_KEY.reveal()).toBe("sb_secret_canary");
  });

  it("says everything that is missing at once, and where it is explained", () => {
    const problems = problemsOf({ OIDC_AUDIENCE: "" });
    for (const name of Object.keys(complete)) expect(problems).toContain(`${name} is missing`);
    expect(problems).toContain(".env.example");
  });

  it("says what is wrong without repeating it", () => {
    const problems = problemsOf({
      ...complete,
      SUPABASE_URL: "canary",
      LEASE_SECONDS: "canary",
      DATA_RESIDENCY: "canary",
    });
    for (const name of ["SUPABASE_URL", "LEASE_SECONDS", "DATA_RESIDENCY"]) {
      expect(problems).toContain(`${name} is not valid`);
    }
    expect(problems).not.toContain("canary");
  });

  it.each(["0", "-1", "NaN", "Infinity", "ten"])("takes no %s for a period", (value) => {
    expect(problemsOf({ ...complete, LEASE_SECONDS: value })).toContain("LEASE_SECONDS is not valid");
  });

  it("does not show a secret when it is printed", () => {
    const config = readEnvironment(schema, complete);
    expect(`${JSON.stringify(config)} ${config.SUPABASE_SECRET_KEY}`).not.toContain("canary");
  });
});
