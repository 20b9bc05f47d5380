import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { insertHeldMeeting } from "#testing/bookings.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { cost } from "../cost.ts";
import { runCommand } from "../testing/run-command.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.sql("delete from public.bookings");
  await database.sql("truncate private.effects, private.outbox, private.changes");
});

interface Report {
  readonly microDollars: number;
  readonly perBookingMicroDollars: number;
  readonly lines: readonly { readonly meter: string; readonly quantity: string; readonly microDollars: number }[];
  readonly usage: { readonly bookings: number; readonly unconfirmedSpeechSeconds: string };
}

interface Spent {
  readonly effect: string;
  readonly outcome?: string;
  readonly detail?: object;
  readonly daysAgo?: number;
}

async function spend(bookingId: string, recordingId: string | null, spent: readonly Spent[]): Promise<void> {
  for (const { effect, outcome = "started", detail = {}, daysAgo = 0 } of spent) {
    await database.sql(
      `insert into private.effects (booking_id, recording_id, step, effect, key, outcome, detail, at)
       values ($1, $2, 's', $3, 'k', $4, $5, now() - make_interval(days => $6))`,
      [bookingId, recordingId, effect, outcome, JSON.stringify(detail), daysAgo],
    );
  }
}

const run = (...args: string[]) => runCommand<Report>(database, cost, args);
const quantity = ({ lines }: Report, meter: string): string | undefined =>
  lines.find((line) => line.meter === meter)?.quantity;

const START = { effect: "speech.start", detail: { chunk: 0, durationMs: 90_500, model: "chirp_2" } };
const AGAIN = { ...START, outcome: "asked again: the first outcome stayed unknown" };
const COPY = {
  effect: "recording.copy",
  outcome: "copied",
  detail: { durationMs: 90_500, sizeBytes: 1_000 },
  daysAgo: 2,
};
const STORED = { effect: "transcript.store", outcome: "stored", detail: { billedSeconds: 92, words: 100 } };

it.each<[string, readonly Spent[], string | undefined, string]>([
  ["one job costs what Speech says it billed", [COPY, START, STORED], "92", "0"],
  ["a job without a result costs the audio's length", [COPY, START], "91", "0"],
  ["a transcript that is stored again costs nothing more", [COPY, START, STORED, STORED], "92", "0"],
  ["a job that was repeated and taken costs twice", [COPY, START, AGAIN, START, STORED], "184", "0"],
  ["an ask of unknown outcome is told apart", [COPY, AGAIN, START, STORED], "92", "92"],
  ["a start whose note was lost is known by its transcript", [COPY, STORED], "92", "0"],
  ["a recording of which nobody asked Speech costs none", [COPY], undefined, "0"],
])("%s", async (_what, spent, seconds, unknown) => {
  const { bookingId } = await insertHeldMeeting(database.sql);
  await spend(bookingId, crypto.randomUUID(), spent);
  const { report } = await run(bookingId);
  expect(quantity(report, "speech")).toBe(seconds);
  expect(report.usage.unconfirmedSpeechSeconds).toBe(unknown);
});

it("counts units by the features that the text's language has", async () => {
  const [full, poor] = [await insertHeldMeeting(database.sql), await insertHeldMeeting(database.sql)];
  const read = (billedUnits: number) => ({ effect: "language.annotate", outcome: "analyzed", detail: { billedUnits } });
  await spend(full.bookingId, null, [read(30), read(3)]);
  await spend(poor.bookingId, null, [read(10)]);
  await database.sql("update public.bookings set ai_insights = $2 where id = $1", [
    poor.bookingId,
    JSON.stringify({ leftOut: [{ what: "entities" }, { what: "entity_sentiment" }] }),
  ]);
  const { report } = await run("--since", "30d");
  const units = ["language_entities", "language_entity_sentiment", "language_sentiment"];
  expect(units.map((meter) => quantity(report, meter))).toEqual(["11", "11", "21"]);
});

it("keeps audio on the bill until it cannot be brought back any more", async () => {
  const { bookingId } = await insertHeldMeeting(database.sql);
  await spend(bookingId, crypto.randomUUID(), [COPY]);
  const [young] = [(await run(bookingId)).report];
  expect(Number(quantity(young, "storage"))).toBeCloseTo(48_000, -2);
  await database.sql("update private.effects set at = now() - interval '100 days'");
  expect(quantity((await run(bookingId)).report, "storage")).toBe(String(1_000 * 37 * 24));
});

it("adds a period up without counting anything twice, also what was paid for bookings that are gone", async () => {
  const [kept, gone] = [await insertHeldMeeting(database.sql), await insertHeldMeeting(database.sql)];
  for (const { bookingId } of [kept, gone]) await spend(bookingId, crypto.randomUUID(), [COPY, START, STORED]);
  await spend(kept.bookingId, crypto.randomUUID(), [{ ...START, daysAgo: 40 }, STORED]);
  const alone = (await run(kept.bookingId)).report;
  expect(quantity(alone, "speech")).toBe("184");
  await database.sql("delete from public.bookings where id = $1", [gone.bookingId]);
  const { report, lines } = await run();
  expect([report.usage.bookings, quantity(report, "speech")]).toEqual([2, "184"]);
  expect(report.perBookingMicroDollars).toBe(Math.floor(report.microDollars / 2));
  expect(report.lines.reduce((sum, line) => sum + line.microDollars, 0)).toBe(report.microDollars);
  expect(lines.join("\n")).toMatch(/30 days, 2 bookings worked on: \$\d/);
  expect(lines.join("\n")).toMatch(/Speech-to-Text v2, standard .* \$0\.016 a minute \(not verified\)/);
  const [consultant] = await database.sql<{ id: string }>("select id from public.consultants where user_id = $1", [
    kept.userId,
  ]);
  expect(quantity((await run("--consultant", consultant!.id)).report, "speech")).toBe("92");
});

it("forecasts without asking the database, and names what it needs", async () => {
  const { report, lines } = await run("--forecast", "--bookings", "1000", "--minutes", "45", "--features", "none");
  expect(report).toMatchObject({ forecast: { bookings: 1_000, minutes: 45, speech: "standard", features: [] } });
  expect(lines[1]).toMatch(/^With Speech dynamic-batch: \$/);
  await expect(run("--forecast", "--bookings", "10")).rejects.toThrow("needs --minutes");
  await expect(run("--forecast", "--bookings", "1", "--minutes", "1", "--features", "smell")).rejects.toThrow(
    '"smell"',
  );
  await expect(run("--bookings", "10")).rejects.toThrow("--bookings does not go with this");
  await expect(run("--since", "soon")).rejects.toThrow("takes days, as 30d");
  await expect(run(crypto.randomUUID())).rejects.toThrow("Nothing is known of a booking");
});
