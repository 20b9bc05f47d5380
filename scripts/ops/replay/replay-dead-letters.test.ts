import { PubSub } from "@google-cloud/pubsub";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { insertBooking, readOutbox } from "#testing/booking-rows.ts";
import { insertHeldMeeting } from "#testing/bookings.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { topics } from "#topology/topics.ts";
import { type PubSubEmulator, startPubSubEmulator } from "../../emulators/pubsub/start-pubsub-emulator.ts";
import { scaledClock } from "../../emulators/rest/emulator.ts";
import { openDatabase } from "../operator-database.ts";
import { readArguments } from "../read-arguments.ts";
import { replay } from "../replay.ts";

const projectId = "booking-insights-test";
const MEET = "google.workspace.meet.recording.v2.fileGenerated";

let database: TestDatabase;
let emulator: PubSubEmulator;
let pubsub: PubSub;
beforeAll(async () => {
  const clock = scaledClock(1);
  [database, emulator] = await Promise.all([
    openTestDatabase(),
    startPubSubEmulator({ clock, pullClock: clock, mintIdToken: () => Promise.resolve("signed") }),
  ]);
  pubsub = new PubSub({ projectId, apiEndpoint: emulator.host, emulatorMode: true });
  for (const { name, deadLetterTopic } of topics) {
    const [[topic], [dead]] = await Promise.all([pubsub.createTopic(name), pubsub.createTopic(deadLetterTopic)]);
    await Promise.all([topic.createSubscription(`${name}-watch`), dead.createSubscription(deadLetterTopic)]);
  }
}, 60_000);
afterAll(async () => {
  await pubsub?.close();
  await emulator?.stop();
  await database?.close();
});
beforeEach(async () => {
  emulator.reset();
  await database.sql("delete from public.bookings");
  await database.sql("truncate private.outbox, private.booking_tombstones, private.booking_rooms");
});

const bury = (topic: string, data: unknown, attributes: Record<string, string> = {}): Promise<string> =>
  pubsub.topic(`${topic}-dead-letter`).publishMessage({
    data: Buffer.from(typeof data === "string" ? data : JSON.stringify(data)),
    attributes: { ...attributes, CloudPubSubDeadLetterSourceDeliveryCount: "30" },
  });
interface Report {
  readonly found: number;
  readonly replayed: number;
  readonly settled: number;
  readonly kept: number;
  readonly letters: readonly { readonly deed: string; readonly words: string; readonly cause: string | null }[];
}
/** Runs the command as an operator whose environment names a Google Cloud project, or none. */
async function runIn(googleCloud: Readonly<Record<string, string>>, ...args: string[]) {
  const { url, secretKey } = await database.api();
  const environment = { SUPABASE_URL: url, SUPABASE_SECRET_KEY: secretKey, ...googleCloud };
  const { report, lines } = await replay.run({
    ...{ environment, arguments: readArguments(replay, ["--dead-letters", ...args]) },
    database: () => openDatabase(environment),
    progress: { say: () => undefined, at: () => undefined },
    interrupted: new AbortController().signal,
  });
  return { report: report as Report, lines };
}
const run = (...args: string[]) =>
  runIn({ GOOGLE_CLOUD_PROJECT_ID: projectId, PUBSUB_EMULATOR_HOST: emulator.host }, ...args);
const published = () => database.sql("update private.outbox set published_at = now()");

it("lists what is there by topic, with its cause, and gives all of it back", async () => {
  const id = await insertBooking(database.sql);
  await database.sql("update public.bookings set pipeline_reason = 'Google is down.' where id = $1", [id]);
  await published();
  await bury("booking-events", { bookingId: id });
  await bury("booking-events", "not json");
  const first = await run();
  expect(first.report).toMatchObject({ found: 2, replayed: 1, kept: 1, settled: 0 });
  const text = first.lines.join("\n");
  expect(text).toMatch(/booking-events-dead-letter: 2 messages\n/);
  expect(text).toMatch(new RegExp(`booking ${id} \\(message \\d+, delivered 30 times\\) .*\\[Google is down\\]`));
  expect(text).toMatch(/nobody can tell what .* stays: it is not JSON/);
  expect(text).toMatch(/meeting-events-dead-letter: empty/);
  expect((await run()).report).toMatchObject({ found: 2, replayed: 1, kept: 1 });
  expect((await readOutbox(database.sql)).map(({ kind }) => kind)).toEqual(["booking.changed"]);
}, 30_000);

it("announces again, then acknowledges; what cannot be read stays; a second run finds nothing else", async () => {
  const { bookingId, userId, recordingName } = await insertHeldMeeting(database.sql);
  const [deleted, waiting] = [crypto.randomUUID(), await insertBooking(database.sql)];
  await database.sql("insert into private.booking_tombstones (booking_id, done_at) values ($1, now())", [deleted]);
  await database.sql("update private.outbox set published_at = now() where data ->> 'bookingId' = $1", [bookingId]);
  await database.sql(
    "insert into public.recordings (recording_name, conference_record, user_id, booking_id, state) values ($1, 'c', $2, $3, 'copying')",
    [recordingName, userId, bookingId],
  );
  for (const id of [bookingId, bookingId, deleted, waiting]) await bury("booking-events", { bookingId: id });
  await bury("meeting-events", { recordingName, userId }, { kind: "recording.found" });
  await bury("meeting-events", { recordingName: "conferenceRecords/x/recordings/y" }, { kind: "recording.found" });
  await bury("meeting-events", { recording: { name: recordingName } }, { "ce-type": MEET });
  expect((await run("--yes")).report).toMatchObject({ found: 7, replayed: 4, settled: 2, kept: 1 });
  const queued = (await readOutbox(database.sql)).filter(({ published }) => !published).map(({ kind }) => kind);
  expect(queued.sort()).toEqual(["booking.changed", "booking.replay", "recording.found"]);
  const [again] = emulator.topicMessages(`projects/${projectId}/topics/meeting-events`);
  expect(again?.attributes).toMatchObject({ "ce-type": MEET, replayOf: expect.stringMatching(/^\d+$/) });
  expect(again?.attributes).not.toHaveProperty("CloudPubSubDeadLetterSourceDeliveryCount");
  expect((await run("--yes")).report).toMatchObject({ found: 1, replayed: 0, kept: 1 });
}, 30_000);

it("revives the failed recording that a letter is about", async () => {
  const { bookingId, userId, recordingName } = await insertHeldMeeting(database.sql);
  await published();
  const [row] = await database.sql<{ id: string }>(
    "insert into public.recordings (recording_name, conference_record, user_id, booking_id, state, reason) values ($1, 'c', $2, $3, 'failed', 'too slow') returning id",
    [recordingName, userId, bookingId],
  );
  await bury("meeting-events", { recordingName, userId }, { kind: "recording.found" });
  await bury("storage-events", { recordingId: row!.id, bookingId }, { kind: "transcription.finished" });
  const { report } = await run("--yes");
  expect(report).toMatchObject({ found: 2, replayed: 2 });
  expect(report.letters.map(({ cause }) => cause)).toEqual(["too slow", "too slow"]);
  expect(await database.sql("select state from public.recordings where id = $1", [row!.id])).toEqual([
    { state: "found" },
  ]);
  expect((await readOutbox(database.sql)).filter(({ published }) => !published)).toHaveLength(1);
}, 30_000);

it("loses no letter when the database fails in the middle: nothing is acknowledged before its work is committed", async () => {
  const id = await insertBooking(database.sql);
  await published();
  await bury("booking-events", { bookingId: id });
  await database.sql(
    "alter table private.outbox add constraint broken check (attributes ->> 'kind' <> 'booking.replay')",
  );
  await expect(run("--yes")).rejects.toThrow("broken");
  await database.sql("alter table private.outbox drop constraint broken");
  expect((await run("--yes")).report).toMatchObject({ found: 1, replayed: 1 });
}, 30_000);

it("does once what a letter asks for that Pub/Sub delivers three times", async () => {
  const id = await insertBooking(database.sql);
  await published();
  emulator.deliver("booking-events-dead-letter", { copies: 3, shuffleWindowMs: 0, seed: 1 });
  await bury("booking-events", { bookingId: id });
  const first = await run("--yes");
  const second = await run("--yes");
  emulator.deliver("booking-events-dead-letter", { copies: 1, shuffleWindowMs: 0, seed: 1 });
  expect(first.report.replayed + second.report.replayed).toBe(1);
  expect((await readOutbox(database.sql)).filter(({ kind }) => kind === "booking.replay")).toHaveLength(1);
}, 30_000);

it("says what to do when the project has no such subscription, or is not named", async () => {
  const elsewhere = { GOOGLE_CLOUD_PROJECT_ID: "another-project", PUBSUB_EMULATOR_HOST: emulator.host };
  await expect(runIn(elsewhere)).rejects.toThrow(/no subscription .* GOOGLE_CLOUD_PROJECT_ID right/);
  await expect(runIn({})).rejects.toThrow("GOOGLE_CLOUD_PROJECT_ID is missing");
}, 30_000);
