import { describe, expect, it } from "vitest";
import { findEnvironment, parseEnvironments } from "./environment.ts";
import { environments } from "./environments.ts";
import { testEnvironment } from "./testing/synthesized.ts";

const valid = testEnvironment();
const problemsOf = (...list: unknown[]): string => {
  try {
    parseEnvironments(list);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
};

it("takes the environments of the file as they are", () => {
  expect(parseEnvironments(environments)).toEqual(environments);
});

it("takes an environment with everything that may be left out, and one without", () => {
  const project = "projects/test-project/locations/europe-west4";
  const all = {
    ...valid,
    minInstances: { "google-auth": 2 },
    kmsKey: `${project}/keyRings/r/cryptoKeys/k`,
    vpcConnector: `${project}/connectors/c`,
  };
  const { user, ...mail } = valid.mail;
  expect(parseEnvironments([all])).toEqual([all]);
  expect(parseEnvironments([{ ...valid, mail }])).toEqual([{ ...valid, mail }]);
});

describe("a slip of the hand", () => {
  it.each<[string, object, string]>([
    ["a project's number for its id", { projectId: "123456789012" }, "test: projectId must be a project's id"],
    ["a project's name for its id", { projectId: "My Project" }, "test: projectId must be a project's id"],
    ["a residency that is not there", { residency: "europe" }, "test: residency must be us or eu"],
    ["a field that is not there", { resdency: "eu" }, "test: resdency is not a field"],
    ["a field of mail that is not there", { mail: { ...valid.mail, password: "x" } }, "test: mail.password is not a f"],
    ["plain http", { appUrl: "http://app.example.com" }, "test: appUrl must begin with https://"],
    ["no URL at all", { appUrl: "app.example.com" }, "test: appUrl is not a URL"],
    ["a path on the Supabase URL", { supabaseUrl: "https://a.supabase.co/rest/v1" }, "supabaseUrl must be the project"],
    ["a slash on the Supabase URL", { supabaseUrl: "https://a.supabase.co/" }, "supabaseUrl must be the project"],
    ["a client secret for a client id", { oauthClientId: "GOCSPX-abc" }, "oauthClientId must be a client id"],
    ["a port on the mail host", { mail: { ...valid.mail, host: "smtp.example.com:587" } }, "mail.host must be a host"],
    ["a sender without an address", { mail: { ...valid.mail, from: "Bookings" } }, "mail.from must be an address"],
    ["two lines in a sender", { mail: { ...valid.mail, from: "a@b.c\nbcc: d@e.f" } }, "mail.from must be an address"],
    ["a function that is not there", { minInstances: { "process-bookings": 1 } }, "process-bookings"],
    ["a name that is another stack's", { name: "prod-bootstrap" }, "prod-bootstrap: name must not end"],
    ["a name that climbs folders", { name: "../prod" }, "../prod: name must be lower-case"],
    ["something missing", { supabaseUrl: undefined }, "test: supabaseUrl is missing"],
  ])("%s is told by field and environment", (_slip, wrong, sentence) => {
    expect(problemsOf({ ...valid, ...wrong })).toContain(sentence);
  });

  it("in two environments is told for both at once", () => {
    const message = problemsOf({ ...valid, residency: "mars" }, { ...valid, name: "other", appUrl: "" });
    expect(message).toMatch(/test: residency.*\n.*other: appUrl/);
  });

  it("that leaves two environments in one project is refused", () => {
    expect(problemsOf(valid, { ...valid, name: "other" })).toMatch(
      /other: projectId is the same as that of test\n.*other: supabaseUrl is the same/,
    );
  });

  it("that is no environment at all is told by its place", () => {
    expect(problemsOf(valid, "prod")).toContain("environment 2:");
  });
});

it("names the environments when asked for one that is not there", () => {
  expect(() => findEnvironment([valid], "production")).toThrow(/production; there are test.*init/);
});
