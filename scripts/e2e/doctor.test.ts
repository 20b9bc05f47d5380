import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { BookingPlatform } from "../local/booking-platform.ts";
import { localProject, serviceAccount, subscriptionPath } from "../local/local-project.ts";
import { type LocalStack, startStack } from "../local/start-stack.ts";
import type { Finding } from "../ops/doctor/finding.ts";
import { doctor } from "../ops/doctor.ts";
import { openDatabase } from "../ops/operator-database.ts";
import { readArguments } from "../ops/read-arguments.ts";
import { makeShell } from "./testing/gcloud.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const AWAIT_MS = 15_000;

let stack: LocalStack;
let platform: BookingPlatform;
let admin: pg.Pool;
let shell: ReturnType<typeof makeShell>;

beforeAll(async () => {
  stack = await startStack();
  platform = new BookingPlatform(stack);
  admin = new pg.Pool({ connectionString: stack.supabase.adminDatabaseUrl, max: 1 });
  shell = makeShell(stack);
  const consultant = await platform.createConsultant("Dr. Dora Doctored");
  await platform.connectGoogle(consultant);
  await subscribed();
}, 120_000);
afterAll(async () => {
  await admin?.end();
  await platform?.close();
  await stack?.stop();
});

/** google-auth subscribes in the background, keep-watch again after an end. */
const subscribed = () =>
  vi.waitUntil(
    async () => {
      const alive = "select 1 from private.workspace_subscriptions where expires_at > now() and name is not null";
      return (await admin.query(alive)).rowCount === 1;
    },
    { timeout: AWAIT_MS, interval: 20 },
  );

interface Report {
  readonly ok: boolean;
  readonly checks: readonly Finding[];
}

/** In this process, as quick as can be; that it ends 1 as a command is shown once. */
async function examine(options: readonly string[] = [], variables: Record<string, string> = {}): Promise<Report> {
  const environment = { ...stack.operatorEnvironment, ...variables };
  for (const name of ["GCE_METADATA_HOST", "METADATA_SERVER_DETECTION"]) vi.stubEnv(name, environment[name]);
  const result = await doctor.run({
    arguments: readArguments(doctor, options),
    environment,
    database: () => openDatabase(environment),
    progress: { say: () => undefined, at: () => undefined },
    interrupted: new AbortController().signal,
  });
  return result.report as Report;
}

const unsound = ({ checks }: Report) => checks.filter(({ result }) => result !== "pass");

/** As an operator types it. */
async function command(args: readonly string[], environment: Record<string, string>) {
  const child = spawn(process.execPath, ["scripts/ops/main.ts", "doctor", ...args], {
    cwd: root,
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const exitCode = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { exitCode, stdout, stderr };
}

const post = async (url: string, method: string, body: object): Promise<void> => {
  const answer = await fetch(url, { method, body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
};
const changeFunction = (name: string, change: object) =>
  post(`${stack.addresses.administration}/emulator/functions/${name}`, "PATCH", change);
const changeClient = (change: object) =>
  post(`${stack.addresses.oauth}/emulator/clients/${localProject.clientId}`, "PATCH", change);

const account = (name: string): string => `serviceAccount:${serviceAccount(name)}`;
const where = `--project=${localProject.projectId}`;
const region = localProject.region;
const bucket = `gs://${localProject.projectId}-recordings`;
const agent = (of: string): string =>
  `serviceAccount:service-${localProject.projectNumber}@${of}.iam.gserviceaccount.com`;
const publisher = "--role=roles/pubsub.publisher";
const pingKeyId = "(select id from vault.secrets where name = 'relay_ping_key')";

interface Fault {
  readonly check: string;
  /** The part of the checks that is run; google where it is not said. */
  readonly in?: "database";
  readonly detail: RegExp;
  /** A command of gcloud, SQL, or what somebody does elsewhere. */
  readonly plant: string | (() => Promise<unknown>);
  /** What is typed where the mend leaves it open, or done in a console; else the command as it is printed. */
  readonly mend?: (finding: Finding) => Promise<unknown>;
}

const faults: readonly Fault[] = [
  {
    check: "API calendar-json.googleapis.com",
    detail: /not enabled/,
    plant: `gcloud services disable calendar-json.googleapis.com ${where}`,
  },
  {
    check: "publishers of meeting-events",
    detail: /meet-api-event-push@system\.gserviceaccount\.com has no roles\/pubsub\.publisher/,
    plant: `gcloud pubsub topics remove-iam-policy-binding meeting-events ${where} --member=serviceAccount:meet-api-event-push@system.gserviceaccount.com ${publisher}`,
  },
  {
    check: "publishers of storage-events",
    detail: /gs-project-accounts/,
    plant: `gcloud pubsub topics remove-iam-policy-binding storage-events ${where} --member=${agent("gs-project-accounts")} ${publisher}`,
  },
  {
    check: "publishers of booking-events",
    detail: /allUsers has roles\/pubsub\.publisher/,
    plant: `gcloud pubsub topics add-iam-policy-binding booking-events ${where} --member=allUsers ${publisher}`,
  },
  {
    check: "publishers of booking-events-dead-letter",
    detail: /gcp-sa-pubsub/,
    plant: `gcloud pubsub topics remove-iam-policy-binding booking-events-dead-letter ${where} --member=${agent("gcp-sa-pubsub")} ${publisher}`,
  },
  {
    check: "dead lettering of capture-artifacts",
    detail: /has no roles\/pubsub\.subscriber/,
    plant: `gcloud pubsub subscriptions remove-iam-policy-binding capture-artifacts ${where} --member=${agent("gcp-sa-pubsub")} --role=roles/pubsub.subscriber`,
  },
  {
    check: "subscription storage-events-dead-letter",
    detail: /dead letters are lost/,
    plant: `gcloud pubsub subscriptions delete storage-events-dead-letter ${where}`,
  },
  {
    check: "subscription process-booking",
    detail: /does not push to process-booking.*is deleted after 86400s without use/,
    plant: () =>
      shell(
        `gcloud pubsub subscriptions update process-booking ${where} --push-endpoint=https://old.example.com/ --push-auth-service-account=${serviceAccount("pubsub-push")} --push-auth-token-audience=https://process-booking.${localProject.projectId}.local --expiration-period=86400s`,
      ),
  },
  {
    check: "OAuth redirect address",
    detail: /the client does not know http/,
    plant: () => changeClient({ redirectUris: ["https://auth.example.com/callback/"] }),
    mend: ({ detail, mend }) => {
      expect(mend).toContain("https://console.cloud.google.com/auth/clients");
      return changeClient({ redirectUris: [/does not know (\S+)/.exec(detail)?.[1]] });
    },
  },
  {
    check: "OAuth client secret",
    detail: /Google refuses it \(invalid_client\)/,
    plant: () => shell(`gcloud secrets versions add google-client-secret --data-file=- ${where}`, "GOCSPX-mistyped"),
    mend: ({ command: line = "" }) => shell(line, localProject.clientSecret),
  },
  {
    check: "secret smtp-password",
    detail: /newest version is disabled/,
    plant: `gcloud secrets versions disable 1 --secret=smtp-password ${where}`,
  },
  {
    check: "readers of relay-ping-key",
    detail: /relay-outbox@.* has no roles\/secretmanager\.secretAccessor/,
    plant: `gcloud secrets remove-iam-policy-binding relay-ping-key ${where} --member=${account("relay-outbox")} --role=roles/secretmanager.secretAccessor`,
  },
  {
    check: "database key of the functions",
    detail: /does not accept it \(401\)/,
    plant: () =>
      shell(`gcloud secrets versions add supabase-secret-key --data-file=- ${where}`, "sb_secret_of_last_year"),
    mend: ({ command: line = "" }) => shell(line, stack.addresses.supabaseSecretKey),
  },
  {
    check: "relay ping key on both sides",
    detail: /different ones/,
    plant: `select vault.update_secret(${pingKeyId}, 'of-another-installation')`,
    mend: async ({ mend, command: sql = "" }) => {
      expect(mend).toContain("gcloud secrets versions access latest --secret=relay-ping-key");
      await admin.query(sql.replace("<value>", await secretOf("relay-ping-key")));
    },
  },
  {
    check: "function capture-artifacts",
    detail: /is FAILED/,
    plant: () => changeFunction("capture-artifacts", { state: "FAILED" }),
  },
  {
    check: "function analyze-transcript",
    detail: /runs as 100000000001-compute/,
    plant: () =>
      changeFunction("analyze-transcript", {
        serviceAccountEmail: "100000000001-compute@developer.gserviceaccount.com",
      }),
  },
  {
    check: "settings of process-booking",
    detail: /GOOGLE_OAUTH_ENDPOINT is another.*GOOGLE_CLIENT_SECRET is in plain text/,
    plant: () =>
      changeFunction("process-booking", {
        environmentVariables: { GOOGLE_OAUTH_ENDPOINT: "https://evil.example", GOOGLE_CLIENT_SECRET: "GOCSPX-canary" },
      }),
  },
  {
    check: "settings of send-reminders",
    detail: /starts with version 1 of supabase-secret-key, the newest is \d+/,
    plant: () => changeFunction("send-reminders", { secretVersions: { SUPABASE_SECRET_KEY: "1" } }),
  },
  {
    check: "callers of keep-watch",
    detail: /allUsers has roles\/run\.invoker/,
    plant: `gcloud run services add-iam-policy-binding keep-watch --region=${region} ${where} --member=allUsers --role=roles/run.invoker`,
  },
  {
    check: "callers of capture-artifacts",
    detail: /pubsub-push@.* has no roles\/run\.invoker/,
    plant: `gcloud run services remove-iam-policy-binding capture-artifacts --region=${region} ${where} --member=${account("pubsub-push")} --role=roles/run.invoker`,
  },
  {
    check: "callers of send-reminders",
    detail: /asks nobody who they are/,
    plant: () => changeFunction("send-reminders", { invokerIamDisabled: true }),
  },
  {
    check: "schedule sweep-outbox",
    detail: /is PAUSED/,
    plant: `gcloud scheduler jobs pause sweep-outbox --location=${region} ${where}`,
  },
  {
    check: "schedule send-due-mail",
    detail: /runs at "0 3 \* \* \*"; does not call send-reminders/,
    plant: `gcloud scheduler jobs update http send-due-mail --location=${region} ${where} '--schedule=0 3 * * *' --uri=https://old.example.com --oidc-service-account-email=${serviceAccount("scheduler")} --oidc-token-audience=https://send-reminders.${localProject.projectId}.local`,
  },
  {
    check: "account relay-outbox",
    detail: /is disabled/,
    plant: `gcloud iam service-accounts disable ${serviceAccount("relay-outbox")} ${where}`,
  },
  {
    check: "signing as pubsub-push",
    detail: /has no roles\/iam\.serviceAccountOpenIdTokenCreator/,
    plant: `gcloud iam service-accounts remove-iam-policy-binding ${serviceAccount("pubsub-push")} ${where} --member=${agent("gcp-sa-pubsub")} --role=roles/iam.serviceAccountOpenIdTokenCreator`,
  },
  {
    check: "role bookingInsights.writeObjects",
    detail: /lacks storage\.objects\.delete.*; has storage\.buckets\.delete beyond/,
    plant: `gcloud iam roles update bookingInsights.writeObjects ${where} --permissions=storage.objects.create,storage.buckets.delete`,
  },
  {
    check: "role bookingInsights.checkTranscriptions",
    detail: /was deleted/,
    plant: `gcloud iam roles delete bookingInsights.checkTranscriptions ${where}`,
  },
  {
    check: "right of capture-artifacts to start-transcriptions",
    detail: /has no projects\/.*startTranscriptions/,
    plant: `gcloud projects remove-iam-policy-binding ${localProject.projectId} --member=${account("capture-artifacts")} --role=projects/${localProject.projectId}/roles/bookingInsights.startTranscriptions`,
  },
  {
    check: "right of analyze-transcript to read-objects",
    detail: /has no projects\/.*readObjects/,
    plant: `gcloud storage buckets remove-iam-policy-binding ${bucket} --member=${account("analyze-transcript")} --role=projects/${localProject.projectId}/roles/bookingInsights.readObjects`,
  },
  {
    check: "project is closed to the public",
    detail: /allAuthenticatedUsers has roles\/viewer/,
    plant: `gcloud projects add-iam-policy-binding ${localProject.projectId} --member=allAuthenticatedUsers --role=roles/viewer`,
  },
  {
    check: "bucket recordings is closed to the public",
    detail: /could be opened/,
    plant: () => openBucket(),
  },
  {
    check: "notification of recordings",
    detail: /does not tell storage-events/,
    plant: () => forgetNotifications(),
  },
  {
    check: "Workspace subscriptions",
    in: "database",
    detail: /^1 expired/,
    // Far ahead, so that keep-watch leaves it alone until the mend.
    plant:
      "update private.workspace_subscriptions set expires_at = now() - interval '1 hour', check_at = now() + interval '1 day'",
    mend: async ({ command: sql = "" }) => {
      await admin.query(sql);
      await subscribed();
    },
  },
  {
    check: "triggers on bookings",
    in: "database",
    detail: /on_booking_update_publish_event/,
    plant: "alter table public.bookings disable trigger on_booking_update_publish_event",
  },
  {
    check: "server-only tables",
    in: "database",
    detail: /private\.outbox: authenticated has rights/,
    plant: "grant select on private.outbox to authenticated",
  },
  {
    check: "migrations",
    in: "database",
    detail: /not applied: 20261120000570/,
    plant: "delete from supabase_migrations.schema_migrations where version = '20261120000570'",
    mend: ({ command: line }) => {
      expect(line).toBe("npx supabase --workdir db db push");
      return admin.query("insert into supabase_migrations.schema_migrations (version) values ('20261120000570')");
    },
  },
];

async function secretOf(name: string): Promise<string> {
  const { token } = stack.google.oauth.accessToken(serviceAccount("operator"));
  const url = `${stack.addresses.secretmanager}/v1/projects/${localProject.projectId}/secrets/${name}/versions/latest:access`;
  const answer = (await (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).json()) as {
    payload: { data: string };
  };
  return Buffer.from(answer.payload.data, "base64").toString("utf8");
}

function openBucket(): Promise<void> {
  const opened = stack.google.storage?.state.bucket(bucket.slice("gs://".length));
  if (opened !== undefined) opened.publicAccessPrevention = "inherited";
  return Promise.resolve();
}

function forgetNotifications(): Promise<void> {
  stack.google.storage?.state.bucket(bucket.slice("gs://".length)).notifications.clear();
  return Promise.resolve();
}

async function plant(what: Fault["plant"]): Promise<unknown> {
  if (typeof what !== "string") return await what();
  return what.startsWith("gcloud ") ? await shell(what) : await admin.query(what);
}

async function applyMend(finding: Finding): Promise<unknown> {
  const { command: line = "" } = finding;
  return /^(gcloud|npm) /.test(line) ? await shell(line) : await admin.query(line);
}

describe("doctor on a local stack", () => {
  it("passes every check of a sound installation, knows of none it could not make, and shows no secret", async () => {
    const { exitCode, stdout, stderr } = await command(["--json"], stack.operatorEnvironment);
    const report = JSON.parse(stdout) as Report;
    expect(unsound(report)).toEqual([]);
    expect([exitCode, report.ok, report.checks.length > 100]).toEqual([0, true, true]);
    expect(stderr).toMatch(/\d+ of \d+/);
    const secrets = [stack.addresses.supabaseSecretKey, localProject.clientSecret, await secretOf("relay-ping-key")];
    for (const secret of secrets) expect(stdout + stderr).not.toContain(secret);
  });

  it("ends 1 with the check and its mend when something is wrong", async () => {
    await shell(`gcloud services disable meet.googleapis.com ${where}`);
    const { exitCode, stdout } = await command(["--only", "google"], stack.operatorEnvironment);
    await shell(`gcloud services enable meet.googleapis.com ${where}`);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /FAIL {2}API meet\.googleapis\.com: is not enabled\n.*\n {6}gcloud services enable meet\.googleapis\.com --project=booking-insights-local\n/,
    );
    expect(stdout).toMatch(/\n1 check failed\.\n$/);
    expect(stdout).not.toContain("triggers on bookings");
  });

  it.each(faults)("finds the fault in $check, and is content once its mend is applied", async (fault) => {
    await plant(fault.plant);
    const sick = await examine([`--only=${fault.in ?? "google"}`]);
    const found = unsound(sick);
    expect(found.map(({ check, result }) => [check, result])).toEqual([[fault.check, "fail"]]);
    const [finding] = found;
    if (finding === undefined) throw new Error("nothing was found");
    expect([sick.ok, finding.detail, finding.mend]).toEqual([
      false,
      expect.stringMatching(fault.detail),
      expect.any(String),
    ]);
    expect(JSON.stringify(sick)).not.toMatch(/canary|of-another-installation|of_last_year|mistyped/);

    await (fault.mend ?? applyMend)(finding);

    expect(unsound(await examine([`--check=${fault.check}`]))).toEqual([]);
  });

  it("claims nothing of Google without credentials, and says how to log in", async () => {
    const { GCE_METADATA_HOST: _host, ...others } = stack.operatorEnvironment;
    const environment = { ...others, METADATA_SERVER_DETECTION: "none" };
    const { exitCode, stdout } = await command([], environment);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /\?{4} {2}\d+ checks of google: there are no Google credentials on this machine\n {6}.*gcloud auth application-default login/,
    );
    expect(stdout).toMatch(/pass {2}triggers on bookings/);
    expect(stdout).toMatch(/pass {2}OAuth redirect address/);
  });

  it("claims nothing of what the operator may not see, and says what to ask for", async () => {
    const host = await stack.google.metadataHostOf(serviceAccount("stranger"));
    const { ok, checks } = await examine(["--only=google"], { GCE_METADATA_HOST: host });
    const topics = checks.filter(({ check }) => /^publishers of/.test(check));
    expect(ok).toBe(true);
    expect(new Set(topics.map(({ result }) => result))).toEqual(new Set(["unknown"]));
    expect(topics[0]?.detail).toMatch(/your account may not look \(Permission 'pubsub\.topics\.getIamPolicy'/);
    expect(topics[0]?.mend).toContain("roles/iam.securityReviewer");
  });

  it("says what is missing when nothing at all is deployed", async () => {
    await fetch(`${stack.addresses.administration}/emulator/functions/google-auth`, { method: "DELETE" });
    const failed = unsound(await examine(["--only=google"]));
    await shell("npm run deploy");
    expect(failed.map(({ check }) => check)).toEqual([
      "function google-auth",
      "settings of google-auth",
      "callers of google-auth",
    ]);
    expect(failed[0]?.command).toBe("npm run deploy -- ENV");
    expect(unsound(await examine(["--only=google"]))).toEqual([]);
  });

  it("tells apart a grant under a condition, which may or may not let somebody in", async () => {
    const name = subscriptionPath("process-booking");
    const url = `${stack.addresses.pubsubRest}/v1/${name}`;
    const { token } = stack.google.oauth.accessToken(serviceAccount("operator"));
    const send = async (policy: object): Promise<void> => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`${url}:setIamPolicy`, { method: "POST", headers, body: JSON.stringify({ policy }) });
      expect(answer.status).toBe(200);
    };
    const binding = { role: "roles/pubsub.subscriber", members: [agent("gcp-sa-pubsub")] };
    await send({ version: 3, bindings: [{ ...binding, condition: { title: "by day", expression: "true" } }] });
    expect(unsound(await examine(["--only=google"]))).toMatchObject([
      {
        check: "dead lettering of process-booking",
        result: "unknown",
        detail: expect.stringMatching(/under a condition/),
      },
    ]);
    await send({ bindings: [binding] });
  });

  it("is content with everything in the end", async () => {
    expect(unsound(await examine())).toEqual([]);
  });
});
