import { describe, expect, it } from "vitest";
import { CommandError } from "../command.ts";
import { judgeClock } from "./check-clock.ts";
import { comparedInstants, judgeTimeZones } from "./check-time-zones.ts";
import { safeEndpoint } from "./google-clients.ts";
import { judgeGrants, judgePublic } from "./policy.ts";
import { readTarget } from "./target.ts";

describe("time zones", () => {
  const instants = comparedInstants(new Date("2026-11-20T00:00:00Z"));
  const flat = (minutes: number): number[] => instants.map(() => minutes);
  /** Germany: summer time in the middle of April to October. */
  const berlin = instants.map((at) => (at.getUTCMonth() >= 3 && at.getUTCMonth() <= 9 ? 120 : 60));
  const sound = { "Europe/Berlin": berlin, "Asia/Kolkata": flat(330), "America/Phoenix": flat(-420), UTC: flat(0) };

  it("are compared two years back and ahead", () => {
    expect([instants.length, instants[0]?.toISOString(), instants.at(-1)?.toISOString()]).toEqual([
      49,
      "2024-11-15T12:00:00.000Z",
      "2028-11-15T12:00:00.000Z",
    ]);
  });

  it("pass when both sides know the same", () => {
    expect(judgeTimeZones({ offsets: sound, used: ["Europe/Berlin"] }, instants)).toMatchObject({
      result: "pass",
      detail: expect.stringMatching(/agree about 4 zones, 1 of them in use$/),
    });
  });

  it.each([
    [
      "one hour in one month",
      { ...sound, "Europe/Berlin": berlin.map((m, n) => (n === 30 ? m - 60 : m)) },
      /differ about Europe\/Berlin/,
    ],
    [
      "a name the database does not know",
      { ...sound, "Europe/Berlin": null },
      /the database does not know Europe\/Berlin/,
    ],
    ["a name Node does not know", { ...sound, "Mars/Base": flat(0) }, /Node does not know Mars\/Base/],
  ])("fail for %s when somebody has a booking there", (_what, offsets, detail) => {
    const used = ["Europe/Berlin", "Mars/Base"].filter((zone) => zone in offsets);
    expect(judgeTimeZones({ offsets, used }, instants)).toMatchObject({
      result: "fail",
      detail: expect.stringMatching(detail),
      mend: expect.any(String),
    });
  });

  it("only mention a difference where nobody has a booking", () => {
    const verdict = judgeTimeZones({ offsets: { ...sound, "Asia/Tokyo": flat(480) }, used: ["UTC"] }, instants);
    expect(verdict).toMatchObject({ result: "pass", detail: expect.stringContaining("nobody uses (Asia/Tokyo)") });
  });
});

describe("clocks", () => {
  it.each([
    [59_999, "pass"],
    [-59_999, "pass"],
    [60_001, "fail"],
    [-60_001, "fail"],
    [Number.NaN, "unknown"],
  ])("%i ms apart: %s", (skewMs, result) => {
    const oursMs = 1_800_000_000_000;
    expect(judgeClock("Google", { oursMs, theirsMs: oursMs + skewMs }).result).toBe(result);
  });
});

describe("policies", () => {
  const on = { group: ["secrets"], resource: "s" };
  const wanted = [{ role: "roles/r", member: "serviceAccount:a@p" }];
  const judge = (...bindings: object[]) => judgeGrants([{ bindings }], wanted, { on, why: "w" }).result;

  it("know a grant from one under a condition, of another role, to another member", () => {
    const grant = { role: "roles/r", members: ["serviceAccount:a@p"] };
    expect(judge(grant)).toBe("pass");
    expect(judge({ ...grant, condition: { expression: "false" } })).toBe("unknown");
    expect(judge({ ...grant, role: "roles/rr" }, { ...grant, members: ["serviceAccount:a@pp"] })).toBe("fail");
    expect(judge()).toBe("fail");
  });

  it("find everybody in any role", () => {
    const policy = { bindings: [{ role: "roles/a", members: ["allAuthenticatedUsers", "user:x@y.z"] }] };
    expect(judgePublic(policy, on)).toMatchObject({
      detail: "allAuthenticatedUsers has roles/a",
      command: "gcloud secrets remove-iam-policy-binding s --member=allAuthenticatedUsers --role=roles/a",
    });
    expect(judgePublic({}, on)).toBeNull();
  });
});

describe("what is looked at", () => {
  const read = (values: Record<string, string>, variables: Record<string, string> = {}) =>
    readTarget({ positionals: [], flags: new Set(), values }, variables);

  it("is an environment of the file with its region and Language's address in it", async () => {
    expect(await read({ env: "prod" }, { GOOGLE_CLOUD_PROJECT_ID: "another" })).toMatchObject({
      name: "prod",
      region: "europe-west4",
      residency: "eu",
      endpoints: { GOOGLE_LANGUAGE_ENDPOINT: "https://eu-language.googleapis.com" },
    });
    await expect(read({ env: "moon" })).rejects.toThrow(/moon.*prod/s);
  });

  it("is what the variables say, and nothing without a project", async () => {
    expect(await read({})).toBeNull();
    expect(await read({}, { GOOGLE_CLOUD_PROJECT_ID: "p", DATA_RESIDENCY: "eu" })).toMatchObject({
      ...{ name: null, projectId: "p", region: "europe-west4", redirectUri: null },
    });
  });
});

describe("an endpoint of another host", () => {
  it.each(["https://run.example.com", "http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:1"])(
    "%s may be given credentials",
    (address) => expect(safeEndpoint("GOOGLE_X", address).href).toContain(address),
  );

  it.each(["http://169.254.169.254", "http://run.example.com", "ftp://127.0.0.2", "127.0.0.1:80", ""])(
    "%j may not",
    (address) => expect(() => safeEndpoint("GOOGLE_X", address)).toThrow(CommandError),
  );
});
