import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeConsultantAuth } from "#google/consultant-auth.ts";
import { googleError } from "#google/errors.ts";
import { done, ignored, type Outcome, parked } from "#kernel/outcome.ts";
import { Secret } from "#kernel/secret.ts";
import { PermanentError, RetryableError } from "#kernel/verdicts.ts";
import { makeSmtpMailer } from "#mail/smtp-mailer.ts";
import { makeLogger } from "#runtime/logger.ts";
import { workOn } from "#runtime/run-context.ts";
import { settle } from "#runtime/settle.ts";
import { systemClock } from "#runtime/system-clock.ts";
import { makeConsultantTokenStore } from "#supabase/consultant-token-store.ts";
import { databaseError } from "#supabase/errors.ts";
import { makeMessageStore } from "#supabase/message-store.ts";
import { insertBooking } from "#testing/booking-rows.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { makeHandler as makeSendReminders } from "../functions/send-reminders/handler.ts";
import { type OAuthEmulator, startOAuthEmulator } from "../scripts/emulators/oauth/start-oauth-emulator.ts";
import { manualClock } from "../scripts/emulators/rest/emulator.ts";
import { entryOf, fieldOf, type LogEntry, matches } from "./testing/log-entry.ts";
import { linesOfRun } from "./testing/run-function.ts";
import type { FunctionName } from "./topology/functions.ts";
import { type LogMetric, logMetrics } from "./topology/metrics.ts";
import { runtimeAlerts } from "./topology/runtime-alerts.ts";

const AUDIENCE = "https://keep-watch.example";
const CALLER = "scheduler@booking-insights-local.iam.gserviceaccount.com";
/** Nobody listens here. */
const NOWHERE = "http://127.0.0.1:9";

let database: TestDatabase;
let google: OAuthEmulator;
/** What keep-watch printed with its database, and without it; what google-auth printed without it. */
const runs = { healthy: [] as LogEntry[], broken: [] as LogEntry[], signIn: [] as LogEntry[] };

beforeAll(async () => {
  [database, google] = await Promise.all([
    openTestDatabase(),
    startOAuthEmulator({ clock: manualClock(new Date()), clients: [] }),
  ]);
  const { url, secretKey } = await database.api();
  const nowhere = { SUPABASE_URL: NOWHERE, SUPABASE_SECRET_KEY: "key" };
  [runs.healthy, runs.broken, runs.signIn] = await Promise.all([
    watchOnce({ SUPABASE_URL: url, SUPABASE_SECRET_KEY: secretKey }),
    watchOnce(nowhere),
    run("google-auth", nowhere, async (address) => {
      // Whoever signed it: the keys to check it with cannot be fetched.
      await fetch(`${address}/status`, { headers: { authorization: `Bearer ${await callerToken()}` } });
    }),
  ]);
}, 60_000);
afterAll(async () => {
  await google?.stop();
  await database?.close();
});

const callerToken = () => google.mintIdToken({ email: CALLER, audience: AUDIENCE });

const watchOnce = (supabase: Record<string, string>): Promise<LogEntry[]> =>
  run("keep-watch", supabase, async (address) => {
    await fetch(address, { method: "POST", headers: { authorization: `Bearer ${await callerToken()}` } });
  });

async function run(
  name: FunctionName,
  supabase: Record<string, string>,
  call: (address: string) => Promise<void>,
): Promise<LogEntry[]> {
  const environment = {
    ...supabase,
    ...{ GOOGLE_CLOUD_PROJECT_ID: "booking-insights-local", GOOGLE_CLOUD_REGION: "local" },
    ...{ GOOGLE_CLIENT_ID: "client", GOOGLE_CLIENT_SECRET: "secret", GOOGLE_REDIRECT_URI: `${AUDIENCE}/callback` },
    SYNC_CALENDAR_URL: AUDIENCE,
    ...{ OIDC_AUDIENCE: AUDIENCE, OIDC_CALLERS: CALLER, GOOGLE_OAUTH_ENDPOINT: google.url },
    METADATA_SERVER_DETECTION: "none",
  };
  return (await linesOfRun({ name, environment, call })).map((line) => entryOf(name, line));
}

/** The line that settle() writes about a run, as process-booking would print it. */
async function outcomeLine(handle: () => Promise<Outcome>): Promise<LogEntry> {
  const lines: string[] = [];
  await settle(handle, makeLogger("process-booking", { write: (line) => void lines.push(line) }), { traceId: "t" });
  expect(lines).toHaveLength(1);
  return entryOf("process-booking", lines[0]!);
}
const failing = (error: Error) => outcomeLine(() => Promise.reject(error));

const metric = (name: string): LogMetric => logMetrics.find((one) => one.name === name)!;
const found = (name: string, entries: readonly LogEntry[]) =>
  entries.filter((entry) => matches(metric(name).filter, entry));
/** The labels that a metric takes from an entry; a missing field is an empty label. */
const labelsOf = (name: string, entry: LogEntry) =>
  Object.fromEntries(
    Object.entries(metric(name).labels ?? {}).map(([label, field]) => [label, String(fieldOf(entry, field) ?? "")]),
  );

describe("metrics of the status line", () => {
  const measured = logMetrics.filter(({ valueField }) => valueField !== undefined);

  it.each(measured.map((one) => one))("$name finds one line of a run and a number in it", ({ name, valueField }) => {
    const lines = found(name, runs.healthy);

    expect(lines).toHaveLength(1);
    expect(fieldOf(lines[0]!, valueField!)).toEqual(expect.any(Number));
  });

  it("take every number that the line has, and each from a field of its own", () => {
    const [line] = found("pipeline_status_reports", runs.healthy);
    const numbers = Object.entries(line!.jsonPayload).filter(([, value]) => typeof value === "number");
    const fields = numbers.map(([field]) => `jsonPayload.${field}`);

    expect(measured.map(({ valueField }) => valueField).sort()).toEqual(fields.sort());
  });

  it("find nothing in a run that could not read the status", () => {
    expect(runs.broken.length).toBeGreaterThan(0);
    for (const { name } of measured) expect(found(name, runs.broken)).toEqual([]);
  });
});

describe("metrics that count lines", () => {
  it("a run of keep-watch is counted once, a duty that fails by its name", () => {
    expect(found("pipeline_status_reports", runs.healthy)).toHaveLength(1);
    expect(found("pipeline_duty_failures", runs.healthy)).toEqual([]);

    const duties = found("pipeline_duty_failures", runs.broken).map((entry) =>
      labelsOf("pipeline_duty_failures", entry),
    );
    expect(duties).toContainEqual({ duty: "report_status" });
    expect(duties).toContainEqual({ duty: "renew_subscriptions" });
  });

  it("the outcome of a whole run is counted with its cause", () => {
    const outcomes = (entries: readonly LogEntry[]) =>
      found("pipeline_outcomes", entries).map((entry) => labelsOf("pipeline_outcomes", entry));

    expect(outcomes(runs.healthy)).toEqual([{ outcome: "done", code: "" }]);
    expect(outcomes(runs.broken)).toEqual([{ outcome: "retry", code: "duties_failed" }]);
  });

  it("every way in which a delivery can end is an outcome", async () => {
    const entries = await Promise.all([
      ...[done("x"), ignored("a duplicate"), parked("no_meet_link", "why")].map((end) => outcomeLine(async () => end)),
      failing(new RetryableError("busy", { code: "google_rate_limited" })),
      failing(new PermanentError("no", { code: "google_refused" })),
    ]);

    expect(found("pipeline_outcomes", entries).map((entry) => labelsOf("pipeline_outcomes", entry))).toEqual([
      { outcome: "done", code: "" },
      { outcome: "ignored", code: "" },
      { outcome: "parked", code: "no_meet_link" },
      { outcome: "retry", code: "google_rate_limited" },
      { outcome: "refused", code: "google_refused" },
    ]);
  });

  it("an error while a consultant connects is counted", () => {
    expect(found("pipeline_sign_in_errors", runs.signIn).length).toBeGreaterThan(0);
    expect(found("pipeline_sign_in_errors", runs.broken)).toEqual([]);
  });
});

describe("codes that alerts wait for", () => {
  const awaited = (alert: string): readonly string[] =>
    runtimeAlerts
      .filter(({ name }) => name === alert)
      .flatMap(({ conditions }) =>
        conditions.flatMap(({ signal }) => ("where" in signal && signal.where?.["code"]) || []),
      );
  const codeOf = async (error: Error) => labelsOf("pipeline_outcomes", await failing(error))["code"];

  it("are those of an OAuth client that Google refuses, and of a token key that Vault does not have", async () => {
    const client = Object.assign(new Error("invalid_client"), {
      response: { status: 401, data: { error: "invalid_client" } },
    });

    expect(awaited("token-failures")).toContain(await codeOf(googleError(client, { api: "sign-in" })));
    expect(awaited("token-failures")).toContain(await codeOf(databaseError({ code: "TKKEY", message: "no key" })));
  });

  it("are those of a stored token that cannot be read", async () => {
    const { id } = await database.createUser();
    const account = JSON.stringify({ sub: "1", email: "consultant@example.com", scopes: [] });
    await database.sql("select public.connect_google($1, $2, '1//token')", [id, account]);
    await database.sql("update public.user_tokens set encrypted_google_refresh_token = 'x' where user_id = $1", [id]);
    const { service } = await database.api();
    const auth = makeConsultantAuth({
      ...{ tokens: makeConsultantTokenStore(service), clock: systemClock, clientId: "client" },
      clientSecret: new Secret("secret"),
    });

    const refused = await auth.clientFor(id).then(
      () => Promise.reject(new Error("it was read")),
      (error: Error) => error,
    );

    expect(awaited("token-failures")).toContain(await codeOf(refused));
  });

  it("are those of a mail server that is not there", async () => {
    const booking = await insertBooking(database.sql);
    await database.sql(
      "update public.bookings set pipeline_status = 'scheduled', meeting_link = 'https://meet.google.com/abc' where id = $1",
      [booking],
    );
    const { service } = await database.api();
    const send = makeSendReminders({
      messages: makeMessageStore(service),
      mailer: makeSmtpMailer({
        host: "127.0.0.1",
        port: 9,
        from: "a@example.com",
      }),
      links: { reconnectUrl: "https://app.example.com" },
      workOn,
      ...{ claimSeconds: 60, retrySeconds: 60 },
    });

    expect(awaited("mail-failing")).toContain(labelsOf("pipeline_outcomes", await outcomeLine(send))["code"]);
  });

  it("are those of an error without a rule, and of an API that is switched off", async () => {
    const disabled = Object.assign(new Error("off"), {
      response: { status: 403, data: { error: { errors: [{ reason: "accessNotConfigured" }] } } },
    });

    expect(awaited("unexpected-errors")).toContain(await codeOf(new TypeError("x is not a function")));
    expect(awaited("unexpected-errors")).toContain(await codeOf(googleError(disabled, { api: "Meet" })));
  });
});

describe("what is paid for", () => {
  it("labels have few values: no field of an id, of a person or of a caller's choice", () => {
    const fields = logMetrics.flatMap(({ labels = {} }) => Object.values(labels));

    expect(new Set(fields)).toEqual(new Set(["jsonPayload.outcome", "jsonPayload.code", "jsonPayload.duty"]));
  });

  it("names are those that Cloud Logging takes, each once", () => {
    const names = logMetrics.map(({ name }) => name);

    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z_]{1,99}$/);
  });
});
