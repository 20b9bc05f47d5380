import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type TestIdentity, useServiceAccount } from "#testing/application-default-credentials.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { environments } from "../../infra/environments.ts";
import type { Ask } from "./ask.ts";
import type { CommandResult } from "./command.ts";
import { loadEnvironments } from "./environment-file.ts";
import { makeInitCommand } from "./init.ts";
import { checkProject } from "./init-checks.ts";
import { readArguments } from "./read-arguments.ts";
import { renderEnvironments } from "./render-environments.ts";

const source = path.resolve(import.meta.dirname, "../../infra/environments.ts");
let database: TestDatabase;
let supabaseUrl: string;
let folder: string;
let file: string;
beforeAll(async () => {
  database = await openTestDatabase();
  supabaseUrl = (await database.api()).url;
});
afterAll(() => database.close());
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "init-"));
  file = path.join(folder, "environments.ts");
  await copyFile(source, file);
});
afterEach(() => rmSync(folder, { recursive: true }));

interface InitReport {
  readonly environment: Record<string, unknown>;
  readonly consoleSteps: readonly { title: string; link: string; paste: readonly string[] }[];
  readonly checks: { readonly supabase: { result: string }; readonly project: { result: string; detail: string } };
  readonly redirectUri: string;
  readonly text?: string;
}

const answers = (): Record<string, string> => ({
  ...{ env: "live", "project-id": "acme-bookings", residency: "eu", "supabase-url": supabaseUrl },
  ...{ "oauth-client-id": "123-abc.apps.googleusercontent.com", "app-url": "https://app.acme.com" },
  ...{ "mail-host": "smtp.acme.com", "mail-from": "Acme <bookings@acme.com>" },
  "alert-emails": "ops@acme.com, on-call@acme.com",
});
const asFlags = (values: Record<string, string>): string[] =>
  Object.entries({ file, ...values }).flatMap(([flag, value]) => [`--${flag}`, value]);

interface Circumstances {
  readonly ask?: Ask;
  readonly environment?: Record<string, string>;
}

async function init(values: Record<string, string>, flags: string[] = [], around: Circumstances = {}) {
  const command = makeInitCommand(() => around.ask ?? null);
  const result = await command.run({
    arguments: readArguments(command, [...asFlags(values), ...flags]),
    environment: around.environment ?? {},
    database: () => expect.fail("init needs no key"),
    progress: { say: () => undefined, at: () => undefined },
    interrupted: new AbortController().signal,
  });
  return result as CommandResult & { readonly report: InitReport };
}
/** The file that was written, read by another name: a module is loaded once. */
async function written() {
  const copy = path.join(folder, `${crypto.randomUUID()}.ts`);
  await copyFile(file, copy);
  return await loadEnvironments(copy);
}

describe("init", () => {
  it("adds an environment by flags alone, leaves the others and the header as they were", async () => {
    const { report, ok } = await init(answers());
    expect([ok, report.checks.supabase.result]).toEqual([true, "right"]);
    const all = await written();
    expect(all.slice(0, -1)).toEqual(environments);
    expect(all.at(-1)).toEqual({
      ...{ name: "live", projectId: "acme-bookings", residency: "eu", supabaseUrl, minInstances: {} },
      ...{ oauthClientId: "123-abc.apps.googleusercontent.com", appUrl: "https://app.acme.com" },
      ...{ reconnectUrl: "https://app.acme.com/settings/google", driveRecordings: "on" },
      mail: { host: "smtp.acme.com", port: 587, from: "Acme <bookings@acme.com>" },
      alertEmails: ["ops@acme.com", "on-call@acme.com"],
    });
    const header = (text: string): string => text.slice(0, text.indexOf("export const"));
    expect(header(readFileSync(file, "utf8"))).toBe(header(readFileSync(source, "utf8")));
  });

  it("changes one answer of an environment that is there, and nothing else of it", async () => {
    await init({ env: "prod", "supabase-url": supabaseUrl, "mail-user": "" });
    const [, , prod] = environments;
    const { user, ...mail } = prod!.mail;
    expect((await written())[2]).toEqual({ ...prod, supabaseUrl, mail });
  });

  it("writes the same when nothing is answered anew", async () => {
    await init(answers());
    const once = readFileSync(file, "utf8");
    await init(answers());
    expect(readFileSync(file, "utf8")).toBe(once);
  });

  it("prints the console's steps with this environment's own values", async () => {
    const { report, lines } = await init(answers());
    const step = (title: string) => report.consoleSteps.find((one) => one.title === title);
    expect(step("OAuth client")).toMatchObject({
      link: "https://console.cloud.google.com/auth/clients?project=acme-bookings",
      paste: ["https://google-auth-<PROJECT_NUMBER>.europe-west4.run.app/callback"],
    });
    expect(step("Scopes")?.paste).toContain("https://www.googleapis.com/auth/drive.meet.readonly");
    expect(lines.join("\n")).toContain("npm run deploy -- live");
    const without = await init({ ...answers(), "drive-recordings": "off" });
    expect(JSON.stringify(without.report.consoleSteps)).not.toContain("auth/drive");
  });

  it("shows the file and writes nothing in a dry run", async () => {
    const before = readFileSync(file, "utf8");
    const { report } = await init(answers(), ["--dry-run"]);
    expect(report.text).toContain('name: "live"');
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("makes a file where there is none", async () => {
    rmSync(file);
    await init(answers());
    expect((await written()).map(({ name }) => name)).toEqual(["live"]);
  });

  it("says why the project was not checked", async () => {
    const { report } = await init(answers());
    expect(report.checks.project).toMatchObject({
      result: "unchecked",
      detail: expect.stringContaining("gcloud auth"),
    });
  });
});

describe("an answer that cannot be right", () => {
  it("is told with every other one at once, and nothing is written", async () => {
    const before = readFileSync(file, "utf8");
    const wrong = {
      ...answers(),
      "project-id": "123456",
      "mail-port": "smtp",
      "alert-emails": "ops",
      "app-url": "http://app.acme.com",
    };
    const { "mail-from": _left, ...incomplete } = wrong as Record<string, string>;
    await expect(init(incomplete as Record<string, string>)).rejects.toThrow(
      /--project-id: projectId must.*\n.*--app-url: appUrl must begin with https.*\n(.*\n)?.*--mail-port.*\n.*--mail-from: is missing.*\n.*--alert-emails: alertEmails must be an e-mail/,
    );
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("is a Supabase URL where something else answers", async () => {
    const server = createServer((_request, response) => response.end("<html>hello</html>"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const other = { ...answers(), "supabase-url": `http://127.0.0.1:${port}` };
    await expect(init(other)).rejects.toThrow(/no Supabase project answers at http:.*\n--unchecked/);
    await init(other, ["--unchecked"]);
    await new Promise((resolve) => server.close(resolve));
    expect(await written()).toHaveLength(environments.length + 1);
  });

  it("is the project of another environment", async () => {
    const message = /live: projectId is the same as that of prod/;
    await expect(init({ ...answers(), "project-id": "booking-insights-prod" })).rejects.toThrow(message);
  });

  it("is an environment's name that would leave its folder", async () => {
    await expect(init({ ...answers(), env: "../live" })).rejects.toThrow(/--env: name must be lower-case/);
  });
});

describe("the Google project", () => {
  let identity: TestIdentity;
  let server: Server;
  let endpoint: string;
  /** What Resource Manager has: the project, and what the caller may do in it. */
  let manager: { readonly projectId: string; readonly allowed: (permission: string) => boolean };
  beforeAll(async () => {
    identity = await useServiceAccount("deployer", "acme-bookings");
    server = createServer(async (request, response) => {
      const body = await text(request);
      const principal = identity.oauth.principalOf((request.headers.authorization ?? "").replace("Bearer ", ""));
      const path = `${request.method} ${request.url}`;
      const answers: Record<string, () => object> = {
        [`GET /v3/projects/${manager.projectId}`]: () => ({ name: "projects/123456789012", state: "ACTIVE" }),
        [`POST /v3/projects/${manager.projectId}:testIamPermissions`]: () => ({
          permissions: (JSON.parse(body) as { permissions: string[] }).permissions.filter(manager.allowed),
        }),
      };
      const answer = principal === null ? undefined : answers[path];
      response.writeHead(answer === undefined ? 403 : 200, { "content-type": "application/json" });
      response.end(
        JSON.stringify(answer?.() ?? { error: { code: 403, status: "PERMISSION_DENIED", message: "denied" } }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    endpoint = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterAll(async () => {
    await identity.stop();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => identity.assume());

  const check = () => checkProject("acme-bookings", endpoint);

  it("is known with its number, which is part of the redirect URI", async () => {
    manager = { projectId: "acme-bookings", allowed: () => true };
    expect(await check()).toMatchObject({ result: "right", projectNumber: "123456789012" });
    const { report } = await init(answers(), [], { environment: { GOOGLE_RESOURCE_MANAGER_ENDPOINT: endpoint } });
    expect(report.redirectUri).toBe("https://google-auth-123456789012.europe-west4.run.app/callback");
  });

  it("is refused with the permissions that are missing", async () => {
    manager = { projectId: "acme-bookings", allowed: (permission) => !permission.startsWith("secretmanager") };
    expect(await check()).toMatchObject({
      result: "wrong",
      detail: expect.stringContaining("secretmanager.versions.add"),
    });
  });

  it("is refused where it does not exist or may not be seen", async () => {
    manager = { projectId: "another", allowed: () => true };
    expect(await check()).toMatchObject({
      result: "wrong",
      detail: expect.stringContaining("no project acme-bookings"),
    });
  });
});

describe("a person", () => {
  it("is asked for what the flags leave open, with what is there proposed, until each answer is right", async () => {
    const proposed: Record<string, string | undefined> = {};
    const refused: string[] = [];
    const typed: Record<string, string[]> = {
      "Google Cloud project id": ["My Project", "acme-bookings"],
      "Mail server (SMTP host)": ["smtp.acme.com:25", "smtp.acme.com"],
    };
    const ask: Ask = async ({ message, proposal, problemOf }) => {
      proposed[message] = proposal;
      for (const answer of typed[message] ?? [proposal ?? ""]) {
        const problem = await problemOf(answer);
        if (problem === null) return answer;
        refused.push(problem);
      }
      throw new Error(`no answer to ${message} will do`);
    };
    await init({ env: "prod", "supabase-url": supabaseUrl }, [], { ask });
    expect(proposed["Google Cloud project id"]).toBe("booking-insights-prod");
    expect(proposed["Its port"]).toBe("587");
    expect(refused).toEqual([expect.stringContaining("projectId must"), expect.stringContaining("mail.host must")]);
    expect((await written())[2]).toMatchObject({ projectId: "acme-bookings", supabaseUrl, residency: "eu" });
  });
});

describe("the rendered file", () => {
  it("is what the format check wants, and reads back as it was written", async () => {
    const [first] = environments;
    const later = { ...first!, name: "later", extra: { amount: 5, "odd key": true } };
    const text = await renderEnvironments(file, [later]);
    const copy = path.join(folder, "rendered.ts");
    writeFileSync(copy, text);
    const { environments: read } = (await import(copy)) as { environments: unknown };
    expect(read).toEqual([later]);
    expect(text).toContain('{ amount: 5, "odd key": true }');
  });
});
