import { randomUUID } from "node:crypto";
import { PubSub } from "@google-cloud/pubsub";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { makePubsubPublisher } from "#google/pubsub-publisher.ts";
import type { Publisher } from "#ports/publisher.ts";
import type { FinishedSpan } from "#ports/span-exporter.ts";
import { makeTracedPublisher } from "#runtime/traced-publisher.ts";
import { makeOutboxStore } from "#supabase/outbox-store.ts";
import type { TestApi } from "#testing/api.ts";
import { insertBooking } from "#testing/booking-rows.ts";
import { standingClock } from "#testing/clocks.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { recordedLog } from "#testing/recorded-log.ts";
import { recordedSpans, testTracing } from "#testing/recorded-spans.ts";
import { type PubSubEmulator, startPubSubEmulator } from "../../scripts/emulators/pubsub/start-pubsub-emulator.ts";
import { scaledClock } from "../../scripts/emulators/rest/emulator.ts";
import { makeRelay } from "./handler.ts";

const PROJECT = "booking-insights-local";

let database: TestDatabase;
let api: TestApi;
let pubsub: PubSubEmulator;
let publisher: Publisher;
const store = recordedSpans();

beforeAll(async () => {
  database = await openTestDatabase();
  [api, pubsub] = await Promise.all([database.api(), startPubSubEmulator({ clock: scaledClock(1) })]);
  pointAtEmulator();
  publisher = makeTracedPublisher(makePubsubPublisher({ projectId: PROJECT, emulatorHost: pubsub.host }));
  const admin = new PubSub({ projectId: PROJECT });
  await admin.createTopic("booking-events");
  await admin.close();
});
afterAll(async () => {
  await pubsub?.stop();
  await database?.close();
});
beforeEach(async () => {
  pointAtEmulator();
  pubsub.reset();
  store.spans.length = 0;
  await database.sql("delete from public.bookings");
  await database.sql("truncate private.outbox restart identity");
});

function pointAtEmulator(): void {
  vi.stubEnv("METADATA_SERVER_DETECTION", "none");
  vi.stubEnv("PUBSUB_EMULATOR_HOST", pubsub.host);
}

async function drain(through: Publisher = publisher, sampled = 1): Promise<void> {
  const options = { store: makeOutboxStore(api.service), publisher: through, clock: standingClock(), claimSeconds: 60 };
  await testTracing(recordedLog(), { exporter: store, sampled }).run({}, makeRelay(options));
}
const published = (): FinishedSpan[] => store.spans.filter(({ name }) => name === "publish booking-events");
const traceparents = () =>
  pubsub.topicMessages("booking-events").map((sent) => sent.attributes["googclient_traceparent"]);
const move = (id: string) =>
  database.sql("update public.bookings set starts_at = starts_at + interval '1 hour' where id = $1", [id]);

describe("the trace of a booking", () => {
  it("begins with the insert: the first span reaches from the row to Pub/Sub's answer", async () => {
    const id = await insertBooking(database.sql);
    await database.sql("update private.outbox set created_at = created_at - interval '90 seconds'");
    await drain();
    const [span] = published();
    const traceId = id.replaceAll("-", "");
    expect(span).toMatchObject({ traceId, spanId: traceId.slice(16), parentSpanId: null, kind: "producer" });
    expect((span?.endedAtMs ?? 0) - (span?.startedAtMs ?? 0)).toBeGreaterThan(89_000);
    expect(traceparents()).toEqual([`00-${traceId}-${traceId.slice(16)}-01`]);
  });

  it("goes on with every later message, below its beginning", async () => {
    const id = await insertBooking(database.sql);
    await drain();
    await move(id);
    await drain();
    const traceId = id.replaceAll("-", "");
    const [first, second] = published();
    expect(second).toMatchObject({ traceId, parentSpanId: first?.spanId });
    expect(traceparents()[1]).toBe(`00-${traceId}-${second?.spanId}-01`);
  });

  it("is its own for each booking of a batch, the two messages of one beginning it once", async () => {
    const ids = [await insertBooking(database.sql), await insertBooking(database.sql)];
    await move(ids[0] ?? "");
    await drain();
    expect(published().map(({ traceId, parentSpanId }) => [traceId, parentSpanId === null])).toEqual([
      [ids[0]?.replaceAll("-", ""), true],
      [ids[1]?.replaceAll("-", ""), true],
      [ids[0]?.replaceAll("-", ""), false],
    ]);
  });

  it("shows a message that Pub/Sub will never take, and none for one that is tried again", async () => {
    const [first, second] = [await insertBooking(database.sql), await insertBooking(database.sql)];
    const failing: Publisher = {
      publish: async (messages) => ({
        published: [],
        failed: messages.map(({ id }, index) => ({ id, reason: "no", permanent: index === 0 })),
      }),
    };
    await drain(makeTracedPublisher(failing)).catch(() => undefined);
    expect(published().map(({ traceId, failure }) => [traceId, failure])).toEqual([
      [first.replaceAll("-", ""), "publish_refused"],
    ]);
    expect(second).not.toBe(first);
  });

  it("is handed on, and said not to be kept, where it is not sampled", async () => {
    const id = await insertBooking(database.sql);
    await drain(publisher, 0);
    expect(store.spans).toEqual([]);
    expect(traceparents()[0]).toMatch(new RegExp(`^00-${id.replaceAll("-", "")}-[0-9a-f]{16}-00$`));
  });

  it("is not given to a message that is about no booking", async () => {
    await database.sql("insert into private.outbox (topic, data) values ('booking-events', $1)", [
      { else: randomUUID() },
    ]);
    await drain();
    expect([traceparents(), published()]).toEqual([[undefined], []]);
  });

  it("of thousands of waiting rows is sent in portions, each once", async () => {
    await database.sql(
      `insert into private.outbox (topic, data)
       select 'booking-events', jsonb_build_object('bookingId', gen_random_uuid()) from generate_series(1, 1200)`,
    );
    const sizes: number[] = [];
    const exporter = { ...store, export: async (spans: readonly FinishedSpan[]) => void sizes.push(spans.length) };
    const options = { store: makeOutboxStore(api.service), publisher, clock: standingClock(), claimSeconds: 60 };
    await testTracing(recordedLog(), { exporter }).run({}, makeRelay(options));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(256);
    // The run's own span is the last.
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(1_201);
  });
});
