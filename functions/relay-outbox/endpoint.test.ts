import { createHmac, randomUUID } from "node:crypto";
import { PubSub } from "@google-cloud/pubsub";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { makeCallerVerifier } from "#google/caller-verifier.ts";
import { makePubsubPublisher } from "#google/pubsub-publisher.ts";
import { makeSecretReader } from "#google/secret-manager.ts";
import { makeCheckedFunction } from "#runtime/checked-function.ts";
import { makeOutboxStore } from "#supabase/outbox-store.ts";
import type { TestApi } from "#testing/api.ts";
import { type TestIdentity, useServiceAccount } from "#testing/application-default-credentials.ts";
import { insertBooking, readOutbox } from "#testing/booking-rows.ts";
import { standingClock } from "#testing/clocks.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { strangersAuthorizations } from "#testing/id-tokens.ts";
import { recordedLog } from "#testing/recorded-log.ts";
import { testTracing } from "#testing/recorded-spans.ts";
import { type ServedFunction, serveFunction } from "#testing/serve-function.ts";
import { type PubSubEmulator, startPubSubEmulator } from "../../scripts/emulators/pubsub/start-pubsub-emulator.ts";
import { scaledClock } from "../../scripts/emulators/rest/emulator.ts";
import {
  type SecretManagerEmulator,
  startSecretManagerEmulator,
} from "../../scripts/emulators/secretmanager/start-secret-manager-emulator.ts";
import { startPgNetWorker } from "../../scripts/emulators/supabase/pg-net-worker.ts";
import { coalesced, makeRelayCallerCheck } from "./endpoint.ts";
import { makeRelay } from "./handler.ts";

const PROJECT = "booking-insights-local";
const PING_KEY = "key-shared-by-vault-and-secret-manager";
const SECRET = `projects/${PROJECT}/secrets/relay-ping-key`;
/** A rotated key must be in use after this time. */
const KEY_CACHE_MS = 5 * 60_000;
const AUDIENCE = "https://relay.example";
const SCHEDULER = `scheduler@${PROJECT}.iam.gserviceaccount.com`;

let database: TestDatabase;
let api: TestApi;
let identity: TestIdentity;
let pubsub: PubSubEmulator;
let secrets: SecretManagerEmulator;
let relay: ServedFunction;
const { lines, ...log } = recordedLog();
const clock = standingClock();

beforeAll(async () => {
  database = await openTestDatabase();
  identity = await useServiceAccount("relay-outbox", PROJECT);
  [api, pubsub, secrets] = await Promise.all([
    database.api(),
    startPubSubEmulator({ clock: scaledClock(1) }),
    startSecretManagerEmulator({ authority: identity.oauth, clock: scaledClock(1) }),
  ]);
  vi.stubEnv("PUBSUB_EMULATOR_HOST", pubsub.host);
  const admin = new PubSub({ projectId: PROJECT });
  await admin.createTopic("booking-events");
  await admin.close();
  const accessors = [`relay-outbox@${PROJECT}.iam.gserviceaccount.com`];
  secrets.putSecret({ name: SECRET, value: PING_KEY, accessors });
  identity.assume();
  relay = await serveRelay();
});
afterAll(async () => {
  await Promise.all([relay?.stop(), pubsub?.stop(), secrets?.stop(), identity?.stop()]);
  await database?.close();
});
beforeEach(async () => {
  identity.assume();
  vi.stubEnv("PUBSUB_EMULATOR_HOST", pubsub.host);
  lines.length = 0;
  pubsub.reset();
  await database.sql("delete from public.bookings");
  await database.sql("truncate private.outbox, private.relay_nonces");
  api.gateway.reset();
  secrets.calls.clear();
});

async function serveRelay(): Promise<ServedFunction> {
  const store = makeOutboxStore(api.service);
  const callerOf = makeRelayCallerCheck({
    store,
    clock,
    callers: makeCallerVerifier({ audience: AUDIENCE, callers: [SCHEDULER], oauthEndpoint: identity.oauth.url }),
    pingKey: makeSecretReader({ projectId: PROJECT, clock, endpoint: secrets.url }, "relay-ping-key"),
  });
  const publisher = makePubsubPublisher({ projectId: PROJECT, emulatorHost: pubsub.host });
  const drain = coalesced(makeRelay({ store, publisher, clock, claimSeconds: 60 }));
  return serveFunction(makeCheckedFunction({ callerOf, handle: drain, log, tracing: testTracing(log) }));
}

interface PingOptions {
  readonly nonce?: string;
  readonly secondsAgo?: number;
  readonly key?: string;
}

function ping({ nonce = randomUUID(), secondsAgo = 0, key = PING_KEY }: PingOptions = {}): Record<string, string> {
  const timestamp = String(Math.floor(clock.now().getTime() / 1000) - secondsAgo);
  return {
    "x-ping-timestamp": timestamp,
    "x-ping-nonce": nonce,
    "x-ping-signature": createHmac("sha256", key).update(`${timestamp}.${nonce}`).digest("hex"),
  };
}

const call = (headers: Record<string, string>, body = "{}", type = "application/json") =>
  fetch(relay.url, { method: "POST", headers: { "content-type": type, ...headers }, body });

async function expectRefused(response: Response): Promise<void> {
  expect([response.status, await response.text()]).toEqual([401, ""]);
  expect(api.gateway.calls.list()).toEqual([]);
  expect(await database.sql("select 1 from private.relay_nonces")).toEqual([]);
  expect(pubsub.topicMessages("booking-events")).toEqual([]);
}

const schedulerToken = async () =>
  `Bearer ${await identity.oauth.mintIdToken({ email: SCHEDULER, audience: AUDIENCE })}`;

describe("a caller whom the relay knows", () => {
  it("is the database: an insert is on its topic a moment later", async () => {
    await database.sql("select vault.create_secret($1, 'relay_outbox_url')", [relay.url]);
    await database.sql("select vault.create_secret($1, 'relay_ping_key')", [PING_KEY]);
    const worker = await startPgNetWorker({ adminDatabaseUrl: database.urlFor("supabase_admin"), passDelayMs: 1 });
    const id = await insertBooking(database.sql);
    await worker.idle();
    await worker.stop();
    expect(await readOutbox(database.sql, id)).toMatchObject([{ published: true }]);
    expect(pubsub.topicMessages("booking-events")).toHaveLength(1);
    await database.sql("delete from vault.secrets");
  });

  it("is the scheduler with its token", async () => {
    await insertBooking(database.sql);
    expect((await call({ authorization: await schedulerToken() })).status).toBe(204);
    expect(pubsub.topicMessages("booking-events")).toHaveLength(1);
  });

  it("may send any body: it is not read", async () => {
    expect((await call(ping(), "\0\x01garbage", "application/octet-stream")).status).toBe(204);
  });

  it("may be a few minutes off", async () => {
    const answers = [await call(ping({ secondsAgo: 290 })), await call(ping({ secondsAgo: -290 }))];
    expect(answers.map(({ status }) => status)).toEqual([204, 204]);
  });

  it("hears 503 when something was left, and the log says what", async () => {
    await database.sql("insert into private.outbox (topic, data) values ('storage-events', '{}')");
    expect((await call(ping())).status).toBe(503);
    expect(lines).toMatchObject([{ severity: "warn", code: "publish_failed" }]);
  });
});

describe("a stranger", () => {
  it.each<[string, () => Record<string, string>]>([
    ["without a signature", () => ({})],
    ["with another key", () => ping({ key: "guessed" })],
    ["with an old timestamp", () => ping({ secondsAgo: 301 })],
    ["with a timestamp to come", () => ping({ secondsAgo: -302 })],
    ["with the signature of another nonce", () => ({ ...ping(), "x-ping-nonce": randomUUID() })],
    [
      "with the signature of another time",
      () => ({ ...ping(), "x-ping-timestamp": ping({ secondsAgo: 1 })["x-ping-timestamp"]! }),
    ],
    ["with a nonce of another shape", () => ping({ nonce: "'; drop table--" })],
    [
      "with a signature in capitals",
      () => ({ ...ping(), "x-ping-signature": ping()["x-ping-signature"]!.toUpperCase() }),
    ],
    ["with a short signature", () => ({ ...ping(), "x-ping-signature": "abcd" })],
    ["with a timestamp that is no number", () => ({ ...ping(), "x-ping-timestamp": "1e9" })],
    ["with a broken token beside a good ping", () => ({ ...ping(), authorization: "Bearer garbage" })],
  ])("%s changes nothing and learns nothing", async (_what, headers) => {
    await insertBooking(database.sql);
    await expectRefused(await call(headers()));
  });

  it("with a token that is not the scheduler's changes nothing and learns nothing", async () => {
    await insertBooking(database.sql);
    const strangers = await strangersAuthorizations(identity.oauth, { email: SCHEDULER, audience: AUDIENCE });
    for (const [, authorization] of strangers.slice(1)) await expectRefused(await call({ authorization }));
  });

  it("with a garbage body learns nothing", async () => {
    await expectRefused(await call({}, "\0\x01\x02", "application/octet-stream"));
    await expectRefused(await call({}, "<xml/>", "text/xml"));
    // Refused by the framework before it asks us: no stack, no text of ours.
    vi.spyOn(console, "error").mockReturnValue();
    const malformed = await call({}, '{"a":', "application/json");
    expect([malformed.status, await malformed.text()]).toEqual([
      400,
      expect.not.stringMatching(/at |node_modules|JSON/),
    ]);
  });

  it("with a malformed or late ping does not even cost a look at the key", async () => {
    clock.advance(KEY_CACHE_MS);
    await call({ ...ping(), "x-ping-nonce": "short" });
    await call(ping({ secondsAgo: 3600 }));
    expect(secrets.calls.list()).toEqual([]);
  });
});

describe("a ping that is shown again", () => {
  it("is refused", async () => {
    const headers = ping();
    expect((await call(headers)).status).toBe(204);
    expect((await call(headers)).status).toBe(401);
  });

  it("works once for twenty who show it at the same time", async () => {
    const headers = ping();
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(headers)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([204, ...Array(19).fill(401)]);
  });
});

describe("the ping's key", () => {
  beforeEach(() => clock.advance(KEY_CACHE_MS));

  it("is read once for many pings at the same time", async () => {
    await Promise.all(Array.from({ length: 10 }, () => call(ping())));
    expect(secrets.calls.list()).toHaveLength(1);
  });

  it("is read again after five minutes, so that it can be rotated", async () => {
    await call(ping());
    secrets.putSecret({ name: SECRET, value: "rotated" });
    expect((await call(ping({ key: "rotated" }))).status).toBe(401);
    clock.advance(KEY_CACHE_MS);
    expect((await call(ping({ key: "rotated" }))).status).toBe(204);
    secrets.putSecret({ name: SECRET, value: PING_KEY });
    clock.advance(KEY_CACHE_MS);
  });

  it("that cannot be read answers 503 without a word, and is asked for again", async () => {
    secrets.faults.add({ operation: "*", kind: "status", status: 403, reason: "forbidden" });
    const response = await call(ping());
    expect([response.status, await response.text()]).toEqual([503, ""]);
    expect(lines).toMatchObject([{ severity: "error" }]);
    expect((await call(ping())).status).toBe(204);
  });
});

describe("a database that does not answer", () => {
  it("is answered with 503 and leaves the row for the sweep", async () => {
    await insertBooking(database.sql);
    api.gateway.faults.add({ operation: "rpc.use_relay_nonce", kind: "status", status: 503 });
    const response = await call(ping());
    expect([response.status, await response.text()]).toEqual([503, ""]);
    expect((await call({ authorization: await schedulerToken() })).status).toBe(204);
    expect(pubsub.topicMessages("booking-events")).toHaveLength(1);
  });
});
