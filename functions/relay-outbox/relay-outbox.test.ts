import { PubSub } from "@google-cloud/pubsub";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { makePubsubPublisher } from "#google/pubsub-publisher.ts";
import { done } from "#kernel/outcome.ts";
import { RetryableError } from "#kernel/verdicts.ts";
import type { Publisher } from "#ports/publisher.ts";
import { makeOutboxStore } from "#supabase/outbox-store.ts";
import type { TestApi } from "#testing/api.ts";
import { readOutbox } from "#testing/booking-rows.ts";
import { standingClock } from "#testing/clocks.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { type PubSubEmulator, startPubSubEmulator } from "../../scripts/emulators/pubsub/start-pubsub-emulator.ts";
import { scaledClock } from "../../scripts/emulators/rest/emulator.ts";
import { coalesced } from "./endpoint.ts";
import { makeRelay, type RelayOptions } from "./handler.ts";

const PROJECT = "booking-insights-local";
/** As the emulator records it. */
const NOT_FOUND = 404;

let database: TestDatabase;
let api: TestApi;
let pubsub: PubSubEmulator;
let publisher: Publisher;

beforeAll(async () => {
  database = await openTestDatabase();
  [api, pubsub] = await Promise.all([database.api(), startPubSubEmulator({ clock: scaledClock(1) })]);
  pointAtEmulator();
  publisher = makePubsubPublisher({ projectId: PROJECT, emulatorHost: pubsub.host });
  const admin = new PubSub({ projectId: PROJECT });
  for (const topic of ["booking-events", "meeting-events"]) await admin.createTopic(topic);
  await admin.close();
});
afterAll(async () => {
  await pubsub?.stop();
  await database?.close();
});
beforeEach(async () => {
  pointAtEmulator();
  pubsub.reset();
  api.gateway.reset();
  await database.sql("truncate private.outbox restart identity");
});

function pointAtEmulator(): void {
  vi.stubEnv("METADATA_SERVER_DETECTION", "none");
  vi.stubEnv("PUBSUB_EMULATOR_HOST", pubsub.host);
}

const relay = (options: Partial<RelayOptions> = {}) =>
  makeRelay({
    store: makeOutboxStore(api.service),
    publisher,
    clock: standingClock(),
    claimSeconds: 60,
    ...options,
  });

/** Rows as a trigger would leave them, in one statement. */
const fill = (count: number, topic = "booking-events") =>
  database.sql(
    `insert into private.outbox (topic, data, attributes)
     select $2, jsonb_build_object('bookingId', gen_random_uuid()), '{"kind": "booking.changed"}'
     from generate_series(1, $1::integer)`,
    [count, topic],
  );
/** What an hour does to claims. */
const letClaimsExpire = () =>
  database.sql("update private.outbox set claimed_until = claimed_until - interval '1 hour'");
const publishedIds = (topic = "booking-events") =>
  pubsub.topicMessages(topic).map(({ attributes }) => Number(attributes["outboxId"]));
/** Statuses of the Publish calls so far. */
async function publishCalls(): Promise<readonly number[]> {
  const answer = await fetch(`${pubsub.url}/emulator/calls`);
  const { calls } = (await answer.json()) as { calls: readonly { operation: string; status: number }[] };
  return calls.filter(({ operation }) => operation === "Publish").map(({ status }) => status);
}
async function failNextPublish(fault: { kind: "status" | "drop_reply"; status?: number }): Promise<void> {
  const body = JSON.stringify({ operation: "Publish", ...fault });
  await fetch(`${pubsub.url}/emulator/faults`, { method: "POST", body });
}
const waiting = async () => (await readOutbox(database.sql)).filter(({ published }) => !published);

describe("a drain", () => {
  it("publishes what waits, with the row's data and attributes, and marks it", async () => {
    await fill(3);
    expect(await relay()()).toEqual(done("3 published"));
    const [first] = pubsub.topicMessages("booking-events");
    const [row] = await readOutbox(database.sql);
    expect(JSON.parse(Buffer.from(first?.data ?? "", "base64").toString())).toEqual({ bookingId: row?.bookingId });
    expect(first?.attributes).toEqual({ kind: "booking.changed", outboxId: "1" });
    expect([publishedIds(), await waiting(), await publishCalls()]).toEqual([[1, 2, 3], [], [200]]);
  });

  it("does nothing, and calls nobody, when nothing waits", async () => {
    expect(await relay()()).toEqual(done("0 published"));
    expect(await publishCalls()).toEqual([]);
  });

  it("claims before it publishes and marks only afterwards", async () => {
    await fill(1);
    const seen: unknown[] = [];
    const watched: Publisher = {
      publish: async (messages) => {
        seen.push(...(await database.sql("select claimed_until > now() as claimed, published_at from private.outbox")));
        return publisher.publish(messages);
      },
    };
    await relay({ publisher: watched })();
    expect(seen).toEqual([{ claimed: true, published_at: null }]);
    expect(await waiting()).toEqual([]);
  });

  it("empties a backlog of several batches", async () => {
    await fill(1_700);
    expect(await relay()()).toEqual(done("1700 published"));
    expect([new Set(publishedIds()).size, await waiting()]).toEqual([1_700, []]);
  });

  it("claims no new batch once it has run for long, and leaves the rest to the next", async () => {
    await fill(700);
    const clock = standingClock();
    const slow: Publisher = {
      publish: async (messages) => {
        clock.advance(40_000);
        return publisher.publish(messages);
      },
    };
    expect(await relay({ publisher: slow, clock })()).toEqual(done("500 published"));
    expect(await relay()()).toEqual(done("200 published"));
  });
});

describe("two relays at once", () => {
  it("share the backlog: every row goes out once and is marked", async () => {
    await fill(1_200);
    await Promise.all([relay()(), relay()(), relay()()]);
    expect([publishedIds().length, new Set(publishedIds()).size, await waiting()]).toEqual([1_200, 1_200, []]);
  });

  it("do not miss a row that is committed late under a smaller number", async () => {
    const late = await database.connect();
    await late.query("begin");
    await late.query("insert into private.outbox (topic, data) values ('booking-events', '{}')");
    await fill(1);
    await relay()();
    expect(publishedIds()).toEqual([2]);
    await late.query("commit");
    await relay()();
    expect(publishedIds()).toEqual([2, 1]);
  });

  it("leave a claimed row alone until its claim has run out", async () => {
    await fill(1);
    const store = makeOutboxStore(api.service);
    await store.next({ published: [], failed: [], limit: 10, claimSeconds: 60, skippedTopics: [] });
    await relay()();
    expect(publishedIds()).toEqual([]);
    await letClaimsExpire();
    await relay()();
    expect(publishedIds()).toEqual([1]);
  });

  it("do not undo each other: a late failure report leaves a published row published", async () => {
    await fill(1);
    await relay()();
    const store = makeOutboxStore(api.service);
    const failed = [{ id: 1, reason: "too late", permanent: true }];
    await store.next({ published: [], failed, limit: 0, claimSeconds: 60, skippedTopics: [] });
    expect(await readOutbox(database.sql)).toMatchObject([{ published: true, dead: false, error: null }]);
  });
});

describe("a relay that dies", () => {
  it("after publishing and before marking, repeats the messages and loses none", async () => {
    await fill(2);
    const dying: Publisher = {
      publish: async (messages) => {
        await publisher.publish(messages);
        throw new Error("killed");
      },
    };
    await expect(relay({ publisher: dying })()).rejects.toThrow("killed");
    await letClaimsExpire();
    await relay()();
    expect([publishedIds().toSorted(), await waiting()]).toEqual([[1, 1, 2, 2], []]);
  });

  it("without hearing the answer to its claim, leaves rows that are published later", async () => {
    await fill(2);
    api.gateway.faults.add({ operation: "rpc.relay_outbox_batch", kind: "drop_reply" });
    await expect(relay()()).rejects.toThrow(RetryableError);
    await letClaimsExpire();
    expect(await relay()()).toEqual(done("2 published"));
  });

  it("without hearing the answer to its mark, publishes nothing twice", async () => {
    await fill(2);
    api.gateway.faults.add({ operation: "rpc.relay_outbox_batch", kind: "drop_reply", skip: 1 });
    await expect(relay()()).rejects.toThrow(RetryableError);
    await letClaimsExpire();
    await relay()();
    expect(publishedIds()).toEqual([1, 2]);
  });
});

describe("a topic that fails", () => {
  it("keeps its rows with the reason, and holds no other topic up", async () => {
    await fill(600, "storage-events");
    await fill(600);
    await expect(relay()()).rejects.toThrow(/600 published, but not outbox row 1: publish failed: 404/);
    const rows = await waiting();
    expect(new Set(publishedIds()).size).toBe(600);
    expect(new Set(rows.map(({ topic }) => topic))).toEqual(new Set(["storage-events"]));
    expect(rows[0]).toMatchObject({ error: "publish failed: 404", dead: false, attempts: 1 });
  });

  it("is asked once in a run, and not again before its rows' pause is over", async () => {
    await fill(1_100, "storage-events");
    await expect(relay()()).rejects.toThrow(/not outbox row/);
    expect(await publishCalls()).toEqual([NOT_FOUND]);
    await expect(relay()()).rejects.toThrow(/not outbox row/);
    await expect(relay()()).rejects.toThrow(/not outbox row/);
    // 1,100 rows are three batches; then every row waits.
    expect(await relay()()).toEqual(done("0 published"));
    expect(await publishCalls()).toEqual([NOT_FOUND, NOT_FOUND, NOT_FOUND]);
  });

  it("makes its rows wait longer with every attempt, an hour at most", async () => {
    await fill(1, "storage-events");
    const pauses: number[] = [];
    for (let run = 0; run < 3; run += 1) {
      await relay()().catch(() => undefined);
      const [row] = await database.sql<{ pause: number }>(
        "select round(extract(epoch from claimed_until - clock_timestamp()))::integer as pause from private.outbox",
      );
      pauses.push(row?.pause ?? 0);
      await letClaimsExpire();
    }
    expect(pauses).toEqual([60, 120, 180]);
  });

  it("is tried again by the client when Pub/Sub is unavailable for a moment", async () => {
    await fill(1);
    await failNextPublish({ kind: "status", status: 503 });
    expect(await relay()()).toEqual(done("1 published"));
  });

  it("that took a message without saying so gets it twice, and the row is marked", async () => {
    await fill(1);
    await failNextPublish({ kind: "drop_reply" });
    expect(await relay()()).toEqual(done("1 published"));
    expect([publishedIds(), await waiting()]).toEqual([[1, 1], []]);
  });

  it("keeps its rows when we may not publish to it", async () => {
    await fill(2);
    await failNextPublish({ kind: "status", status: 403 });
    await expect(relay()()).rejects.toThrow(/publish failed: 403/);
    expect(await waiting()).toMatchObject([{ dead: false }, { dead: false }]);
  });
});

describe("a message that Pub/Sub will never take", () => {
  it("is set aside with its reason, while the others of its batch go out", async () => {
    await fill(10);
    await database.sql(
      `update private.outbox set attributes = jsonb_build_object('kind', repeat('x', 2000)) where id = 4`,
    );
    expect(await relay()()).toEqual(done("9 published"));
    expect(publishedIds().toSorted((a, b) => a - b)).toEqual([1, 2, 3, 5, 6, 7, 8, 9, 10]);
    expect(await waiting()).toMatchObject([{ id: 4, dead: true, error: "publish failed: 400" }]);
    await letClaimsExpire();
    expect(await relay()()).toEqual(done("0 published"));
  });

  it("is set aside unsent when it is too large, and the reason says so", async () => {
    await fill(2);
    await database.sql(`update private.outbox set data = jsonb_build_object('a', repeat('x', 10485760)) where id = 1`);
    expect(await relay()()).toEqual(done("1 published"));
    const [row] = await waiting();
    expect(row).toMatchObject({ id: 1, dead: true, error: expect.stringMatching(/10485\d+ bytes/) });
  });
});

describe("pings that come while a drain runs", () => {
  it("share one more run after it, so that none is forgotten and none piles up", async () => {
    let runs = 0;
    let finish = Promise.withResolvers<void>();
    const drain = coalesced(async () => {
      runs += 1;
      await finish.promise;
      return done();
    });
    const first = drain();
    const later = [drain(), drain(), drain()];
    expect(runs).toBe(1);
    finish.resolve();
    finish = Promise.withResolvers<void>();
    await first;
    finish.resolve();
    await Promise.all(later);
    expect(runs).toBe(2);
  });

  it("run again after a drain that failed", async () => {
    let runs = 0;
    const drain = coalesced(async () => {
      runs += 1;
      if (runs === 1) throw new Error("down");
      return done();
    });
    const [first, second] = await Promise.allSettled([drain(), drain()]);
    expect([first.status, second.status, runs]).toEqual(["rejected", "fulfilled", 2]);
  });
});
