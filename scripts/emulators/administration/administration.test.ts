import { OAuth2Client } from "google-auth-library";
import { cloudfunctions } from "googleapis/build/src/apis/cloudfunctions/index.js";
import { cloudresourcemanager } from "googleapis/build/src/apis/cloudresourcemanager/index.js";
import { cloudscheduler } from "googleapis/build/src/apis/cloudscheduler/index.js";
import { iam } from "googleapis/build/src/apis/iam/index.js";
import { run } from "googleapis/build/src/apis/run/index.js";
import { serviceusage } from "googleapis/build/src/apis/serviceusage/index.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Principal } from "../rest/emulator.ts";
import { scaledClock } from "../rest/emulator.ts";
import { type AdministrationEmulator, startAdministrationEmulator } from "./start-administration-emulator.ts";

const CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform";
const project = "projects/p-1";
const here = `${project}/locations/us-central1`;
const principals: Record<string, Principal> = {
  owner: { kind: "service_account", email: "owner@p" },
  viewer: { kind: "user", sub: "1", email: "v@example.com", scopes: new Set([CLOUD_PLATFORM]) },
  narrow: { kind: "user", sub: "2", email: "v@example.com", scopes: new Set(["openid"]) },
  stranger: { kind: "service_account", email: "stranger@p" },
};

let emulator: AdministrationEmulator;
beforeEach(async () => {
  emulator = await startAdministrationEmulator({
    authority: { principalOf: (token) => principals[token] ?? null },
    clock: scaledClock(1),
    installation: {
      ...{ projectId: "p-1", projectNumber: "42", region: "us-central1" },
      enabledApis: ["cloudfunctions", "cloudresourcemanager", "cloudscheduler", "iam", "run", "serviceusage"].map(
        (name) => `${name}.googleapis.com`,
      ),
      projectBindings: [
        { role: "roles/owner", members: ["serviceAccount:owner@p"] },
        { role: "roles/viewer", members: ["user:v@example.com"] },
      ],
      accounts: { "fn@p": [] },
      roles: { "app.read": { title: "read", permissions: ["storage.objects.get"] } },
      functions: {
        fn: {
          ...{ state: "ACTIVE", runtime: "nodejs24", urls: ["https://fn-42.run.app"], invokerIamDisabled: false },
          ...{ serviceAccountEmail: "fn@p", ingressSettings: "ALLOW_INTERNAL_ONLY" },
          environmentVariables: { A: "1" },
          secretEnvironmentVariables: [],
          bindings: [{ role: "roles/run.invoker", members: ["serviceAccount:push@p"] }],
        },
      },
      jobs: {
        sweep: {
          ...{ schedule: "* * * * *", timeZone: "Etc/UTC", uri: "https://fn-42.run.app/" },
          ...{ serviceAccountEmail: "scheduler@p", audience: "fn" },
        },
      },
    },
  });
});
afterEach(() => emulator.stop());

function as(token: string) {
  const auth = new OAuth2Client();
  auth.setCredentials({ access_token: token, expiry_date: Date.now() + 3_600_000 });
  const options = { auth, rootUrl: `${emulator.url}/`, retry: false };
  return {
    functions: cloudfunctions({ version: "v2", ...options }).projects.locations.functions,
    iam: iam({ version: "v1", ...options }).projects,
    jobs: cloudscheduler({ version: "v1", ...options }).projects.locations.jobs,
    projects: cloudresourcemanager({ version: "v3", ...options }).projects,
    run: run({ version: "v2", ...options }).projects.locations.services,
    services: serviceusage({ version: "v1", ...options }).services,
  };
}

describe("the administration emulator", () => {
  it("shows a project as Google does", async () => {
    const owner = as("owner");
    expect((await owner.projects.get({ name: project })).data).toMatchObject({ name: "projects/42", state: "ACTIVE" });
    const fn = (await owner.functions.get({ name: `${here}/functions/fn` })).data;
    expect(fn).toMatchObject({
      state: "ACTIVE",
      serviceConfig: { serviceAccountEmail: "fn@p", environmentVariables: { A: "1" }, service: `${here}/services/fn` },
    });
    expect((await owner.run.get({ name: `${here}/services/fn` })).data.urls).toEqual(["https://fn-42.run.app"]);
    const job = (await owner.jobs.get({ name: `${here}/jobs/sweep` })).data;
    expect(job).toMatchObject({ state: "ENABLED", httpTarget: { oidcToken: { audience: "fn" } } });
    const role = (await owner.iam.roles.get({ name: `${project}/roles/app.read` })).data;
    expect(role.includedPermissions).toEqual(["storage.objects.get"]);
    const { data } = await owner.services.list({ parent: project, filter: "state:ENABLED", pageSize: 4 });
    expect([data.services?.length, data.services?.[0]?.config?.name]).toEqual([4, "cloudfunctions.googleapis.com"]);
    const rest = { parent: project, filter: "state:ENABLED", pageToken: data.nextPageToken ?? "" };
    expect((await owner.services.list(rest)).data.services).toHaveLength(2);
  });

  it.each([
    ["a stranger anything", "stranger", () => as("stranger").projects.get({ name: project })],
    ["a viewer a policy", "viewer", () => as("viewer").projects.getIamPolicy({ resource: project, requestBody: {} })],
    ["a viewer a change", "viewer", () => as("viewer").jobs.pause({ name: `${here}/jobs/sweep`, requestBody: {} })],
    ["a token without the scope", "narrow", () => as("narrow").projects.get({ name: project })],
    ["another project", "owner", () => as("owner").projects.get({ name: "projects/other" })],
  ])("refuses %s", async (_what, _who, ask) => {
    await expect(ask()).rejects.toMatchObject({ status: 403 });
  });

  it("refuses an unknown token, another region, and what is not there", async () => {
    await expect(as("nobody").projects.get({ name: project })).rejects.toMatchObject({ status: 401 });
    const elsewhere = `${project}/locations/europe-west4/functions/fn`;
    await expect(as("owner").functions.get({ name: elsewhere })).rejects.toMatchObject({ status: 404 });
    await expect(as("owner").iam.serviceAccounts.get({ name: `${project}/serviceAccounts/x@p` })).rejects.toMatchObject(
      {
        status: 404,
      },
    );
  });

  it("answers SERVICE_DISABLED while an API is disabled", async () => {
    const { services, jobs } = as("owner");
    const name = `${project}/services/cloudscheduler.googleapis.com`;
    await services.disable({ name, requestBody: {} });
    await expect(jobs.get({ name: `${here}/jobs/sweep` })).rejects.toMatchObject({
      status: 403,
      response: { data: { error: { details: [{ reason: "SERVICE_DISABLED" }] } } },
    });
    await services.enable({ name, requestBody: {} });
    await expect(jobs.get({ name: `${here}/jobs/sweep` })).resolves.toBeDefined();
  });

  it("changes a policy for who read the latest, and shows conditions to those who ask for them", async () => {
    const { run: services } = as("owner");
    const resource = `${here}/services/fn`;
    const { data: policy } = await services.getIamPolicy({ resource });
    const condition = { title: "t", expression: "true" };
    const bindings = [{ role: "roles/run.invoker", members: ["allUsers"], condition }];
    const first = { policy: { etag: policy.etag ?? "", version: 3, bindings } };
    await services.setIamPolicy({ resource, requestBody: first });
    await expect(services.setIamPolicy({ resource, requestBody: first })).rejects.toMatchObject({ status: 409 });
    const asked = await services.getIamPolicy({ resource, "options.requestedPolicyVersion": 3 });
    expect(asked.data.bindings).toEqual(bindings);
    const blind = await services.getIamPolicy({ resource });
    expect(blind.data.bindings?.[0]?.role).toMatch(/_withcond_/);
  });

  it("lets a custom role count until it is deleted, and a condition never", async () => {
    const { iam: project1, projects } = as("owner");
    const role = `${project}/roles/app.read`;
    const requestBody = { includedPermissions: ["resourcemanager.projects.get"] };
    await project1.roles.patch({ name: role, updateMask: "includedPermissions", requestBody });
    const { data: policy } = await projects.getIamPolicy({ resource: project, requestBody: {} });
    const grant = { role, members: ["serviceAccount:stranger@p"] };
    await projects.setIamPolicy({
      resource: project,
      requestBody: { policy: { ...policy, bindings: [...(policy.bindings ?? []), grant] } },
    });
    await expect(as("stranger").projects.get({ name: project })).resolves.toBeDefined();
    await project1.roles.delete({ name: role });
    await expect(as("stranger").projects.get({ name: project })).rejects.toMatchObject({ status: 403 });
    expect((await project1.roles.get({ name: role })).data.deleted).toBe(true);
    const member = principals["stranger"] ?? null;
    expect(emulator.permits(member, "resourcemanager.projects.get")).toBe(false);
  });

  it("pauses a job, runs it by hand, and shows what came of an attempt", async () => {
    const { jobs } = as("owner");
    const name = `${here}/jobs/sweep`;
    const runs: string[] = [];
    emulator.onRun((job) => runs.push(job));
    await jobs.pause({ name, requestBody: {} });
    expect(emulator.isEnabled("sweep")).toBe(false);
    await expect(jobs.pause({ name, requestBody: {} })).rejects.toMatchObject({ status: 400 });
    await jobs.resume({ name, requestBody: {} });
    await jobs.run({ name, requestBody: {} });
    expect([emulator.isEnabled("sweep"), runs]).toEqual([true, ["sweep"]]);
    emulator.recordAttempt("sweep", 7);
    expect((await jobs.get({ name })).data).toMatchObject({ status: { code: 7 }, lastAttemptTime: expect.any(String) });
  });

  it("is as installed after a deployment", async () => {
    const owner = as("owner");
    await fetch(`${emulator.url}/emulator/functions/fn`, { method: "DELETE" });
    await expect(owner.functions.get({ name: `${here}/functions/fn` })).rejects.toMatchObject({ status: 404 });
    await fetch(`${emulator.url}/emulator/deploy`, { method: "POST" });
    await expect(owner.functions.get({ name: `${here}/functions/fn` })).resolves.toBeDefined();
  });
});
