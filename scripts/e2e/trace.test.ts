import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { awaitRow } from "../demo/await-row.ts";
import { readMeeting } from "../demo/meeting-file.ts";
import { runDemo } from "../demo/run-demo.ts";
import type { StoredSpan } from "../emulators/telemetry/read-spans.ts";
import { BookingPlatform, type BookingRow } from "../local/booking-platform.ts";
import { localProject } from "../local/local-project.ts";
import { type LocalStack, startStack } from "../local/start-stack.ts";

const TIMEOUT_MS = 30_000;
/** Longer than any test: fifty times faster than Google's clock. */
const SILENCE_MS = 60_000_000;

let stack: LocalStack;
let platform: BookingPlatform;
let booking: BookingRow;
let other: BookingRow;

beforeAll(async () => {
  const [started, script] = await Promise.all([startStack(), readMeeting(undefined)]);
  stack = started;
  platform = new BookingPlatform(stack);
  booking = (await runDemo({ stack, script })).booking;
  other = (await runDemo({ stack, script })).booking;
  for (const row of [booking, other]) {
    await stack.google.nextMailTo(String(row["customer_email"]));
    await complete(row, ["process analyze-transcript", "send-reminders"]);
  }
}, 180_000);
afterAll(async () => {
  await platform?.close();
  await stack?.stop();
});

/** Every message has been answered. */
const quiet = () => stack.google.pubsub?.waitUntilIdle({ timeoutMs: TIMEOUT_MS });
/** Spans of a run come together; where the machine is busy they come after its answer. */
const seen = (check: () => void) => vi.waitFor(check, { timeout: TIMEOUT_MS, interval: 50 });
async function complete(row: Pick<BookingRow, "id">, names: readonly string[]): Promise<void> {
  await quiet();
  for (const name of names) await seen(() => expect(runs(row, name)).not.toEqual([]));
  await seen(() => expect(orphansOf(row)).toEqual([]));
}
const traceOf = ({ id }: Pick<BookingRow, "id">): string => id.replaceAll("-", "");
const spansOf = (row: Pick<BookingRow, "id">): readonly StoredSpan[] => stack.google.telemetry.spans(traceOf(row));
const hopsOf = (row: Pick<BookingRow, "id">): readonly StoredSpan[] =>
  spansOf(row).filter(({ kind }) => kind === "producer" || kind === "consumer");
function orphansOf(row: Pick<BookingRow, "id">): readonly StoredSpan[] {
  const ids = new Set(spansOf(row).map(({ spanId }) => spanId));
  return spansOf(row).filter(({ parentSpanId }) => parentSpanId !== "" && !ids.has(parentSpanId));
}
const runs = (row: Pick<BookingRow, "id">, name: string) => spansOf(row).filter((span) => span.name === name);

async function logLines(): Promise<Record<string, unknown>[]> {
  const files = await readdir(stack.logsFolder);
  const logs = await Promise.all(files.map((file) => readFile(path.join(stack.logsFolder, file), "utf8")));
  const lines = logs.flatMap((text) => text.split("\n")).filter((line) => line.startsWith('{"severity"'));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Says once more what was said on a topic about this booking, as Google may. */
function sayAgain(topic: string, isAbout: (text: string) => boolean, forged: Record<string, string> = {}): void {
  const said = stack.google.pubsub?.topicMessages(topic) ?? [];
  const found = said.find(({ data, attributes }) =>
    isAbout(Buffer.from(data, "base64").toString() + JSON.stringify(attributes)),
  );
  expect(found).toBeDefined();
  stack.google.pubsub?.publish(topic, {
    data: Buffer.from(found?.data ?? "", "base64"),
    attributes: { ...found?.attributes, ...forged },
  });
}

describe("one booking", () => {
  it("is one trace from insert to insight, every hop in it, in the order of causes", () => {
    const order = [
      "publish booking-events",
      "process process-booking",
      "process capture-artifacts",
      "process analyze-transcript",
    ];
    const firsts = order.map((name) => hopsOf(booking).find((span) => span.name === name));
    expect(firsts.map((span) => span?.resource["service.name"])).toEqual([
      ...["relay-outbox", "process-booking", "capture-artifacts", "analyze-transcript"],
    ]);
    const starts = firsts.map((span) => Number(span?.startTimeUnixNano));
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(
      hopsOf(booking)
        .filter(({ attributes }) => attributes["outcome"] === "done")
        .map(({ name }) => name),
    ).toEqual(expect.arrayContaining(order.slice(1)));
  });

  it("has one first span, which reaches from the insert to Pub/Sub, and every other has a parent there", async () => {
    const spans = spansOf(booking);
    const ids = new Set(spans.map(({ spanId }) => spanId));
    expect(ids.size).toBe(spans.length);
    const roots = spans.filter(({ parentSpanId }) => parentSpanId === "");
    expect(roots.map(({ name }) => name)).toEqual(["publish booking-events"]);
    expect(orphansOf(booking)).toEqual([]);
    const [row] = await platform.rows<{ at: Date }>(
      "select min(created_at) as at from private.outbox where data ->> 'bookingId' = $1",
      [booking.id],
    );
    expect(Number((roots[0]?.startTimeUnixNano ?? 0n) / 1_000_000n)).toBe(row?.at.getTime());
    // Nothing of it was before the insert.
    expect(spans[0]?.name).toBe("publish booking-events");
  });

  it("shows the calls that each hop made, below it", () => {
    const spans = spansOf(booking);
    const hopOf = (span: StoredSpan): string => {
      const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
      return span.kind === "client" && parent !== undefined ? hopOf(parent) : span.name;
    };
    const calls = new Set(spans.filter(({ kind }) => kind === "client").map((span) => `${hopOf(span)}: ${span.name}`));
    expect([...calls]).toEqual(
      expect.arrayContaining([
        "process process-booking: bookings.begin",
        "process process-booking: calendar.insert",
        "process process-booking: meet.spaceOf",
        "process process-booking: bookings.finish",
        "process capture-artifacts: drive.describe",
        "process capture-artifacts: storage.upload",
        "process capture-artifacts: speech.start",
        "process analyze-transcript: storage.read",
        "process analyze-transcript: language.analyze",
        "process analyze-transcript: analyses.writeInsights",
        "send-reminders: smtp.send",
      ]),
    );
  });

  it("shares no span with another booking, and no other trace speaks of it", () => {
    const all = stack.google.telemetry.spans();
    const about = all.filter(({ attributes }) => attributes["booking.id"] === booking.id);
    expect(new Set(about.map(({ traceId }) => traceId))).toEqual(new Set([traceOf(booking)]));
    const ids = new Set(spansOf(booking).map(({ spanId }) => spanId));
    expect(spansOf(other).filter(({ spanId }) => ids.has(spanId))).toEqual([]);
    expect(hopsOf(other).length).toBeGreaterThanOrEqual(4);
  });

  it("is said in spans by ids alone", () => {
    const text = JSON.stringify(stack.google.telemetry.spans(), (_key, value) =>
      typeof value === "bigint" ? String(value) : value,
    );
    const hidden = [
      ...[stack.addresses.supabaseSecretKey, localProject.clientSecret, "ya29.", "Bearer ", "upload_id="],
      ...[String(booking["customer_name"]), String(booking["customer_email"]), "@", "Northline", "Consulting call"],
    ];
    expect(hidden.filter((one) => text.includes(one))).toEqual([]);
  });

  it("is named in the log lines of every function that worked on it, and its trace in no other's", async () => {
    const lines = await logLines();
    const about = lines.filter(({ bookingId }) => bookingId === booking.id);
    expect(new Set(about.map((line) => line["function"]))).toEqual(
      new Set(["process-booking", "capture-artifacts", "analyze-transcript"]),
    );
    const trace = `projects/${localProject.projectId}/traces/${traceOf(booking)}`;
    for (const line of about) {
      expect(line).toMatchObject({ traceId: traceOf(booking), "logging.googleapis.com/trace": trace });
    }
    const spans = new Set(spansOf(booking).map(({ spanId }) => spanId));
    expect(about.filter((line) => !spans.has(String(line["logging.googleapis.com/spanId"])))).toEqual([]);
    expect(lines.filter(({ traceId, bookingId }) => traceId === traceOf(booking) && bookingId !== booking.id)).toEqual(
      [],
    );
    expect(about.filter((line) => line["function"] !== "process-booking" && line["recordingId"] === undefined)).toEqual(
      [],
    );
  });

  it("has its trace in every line of the ledger", async () => {
    const rows = await platform.rows("select distinct trace_id from private.effects where booking_id = $1", [
      booking.id,
    ]);
    expect(rows).toEqual([{ trace_id: traceOf(booking) }]);
  });
});

describe("a message that comes again", () => {
  it("is a further attempt in the booking's trace, from Meet and from Storage too", async () => {
    const [recording] = await platform.rows<{ id: string; recording_name: string }>(
      "select id, recording_name from public.recordings where booking_id = $1",
      [booking.id],
    );
    const names = ["process process-booking", "process capture-artifacts", "process analyze-transcript"];
    const attempts = () => names.map((name) => runs(booking, name).length);
    const before = attempts();
    sayAgain("booking-events", (text) => text.includes(booking.id));
    sayAgain("meeting-events", (text) => text.includes(recording?.recording_name ?? ""));
    sayAgain("storage-events", (text) => text.includes(`transcription/${recording?.id}`));
    await quiet();
    await seen(() => expect(attempts()).toEqual(before.map((count) => count + 1)));
    for (const name of names.slice(1)) expect(runs(booking, name).at(-1)?.attributes["outcome"]).toBe("ignored");
  });

  it("and claims to belong to another booking's trace stays in its own", async () => {
    const hops = hopsOf(booking).length;
    const attempts = runs(other, "process process-booking").length;
    const root = spansOf(booking).find(({ parentSpanId }) => parentSpanId === "")?.spanId;
    const forged = { googclient_traceparent: `00-${traceOf(booking)}-${root}-01` };
    sayAgain("booking-events", (text) => text.includes(other.id), forged);
    await quiet();
    await seen(() => expect(runs(other, "process process-booking")).toHaveLength(attempts + 1));
    expect(hopsOf(booking)).toHaveLength(hops);
  });
});

describe("a trace store that fails", () => {
  it.each([
    ["answers 500", { kind: "status", status: 500 } as const],
    ["stays silent", { kind: "delay", delayMs: SILENCE_MS } as const],
    ["breaks the connection", { kind: "drop_request" } as const],
  ])(
    "and %s changes nothing: the booking is scheduled, its function says so once",
    async (_what, fault) => {
      await stack.functions.get("process-booking")?.kill();
      await stack.functions.get("process-booking")?.ready();
      stack.google.telemetry.reset();
      stack.google.telemetry.faults.add({ operation: "traces.export", times: 10_000, ...fault });
      const [service] = await platform.rows<{ id: string }>("select id from public.services limit 1");
      const [consultant] = await platform.rows<{ id: string }>("select id from public.consultants limit 1");
      const bookings = await Promise.all(
        [1, 2, 3].map(() =>
          platform.insertBooking({
            ...{ serviceId: service?.id ?? "", consultantId: consultant?.id ?? "", title: "A call" },
            ...{ startsAt: new Date("2030-01-14T09:00:00Z"), endsAt: new Date("2030-01-14T10:00:00Z") },
            ...{ timeZone: "Europe/Berlin", customerName: "Grace Guest", customerEmail: "grace@customer.example" },
          }),
        ),
      );
      const until = (row: BookingRow): boolean => row.pipeline_status === "scheduled";
      for (const bookingId of bookings) {
        await awaitRow(platform, { bookingId, what: "The Meet link", until, timeoutMs: TIMEOUT_MS });
      }
      await quiet();
      expect(stack.google.telemetry.spans()).toEqual([]);
      const lines = (await logLines()).filter(({ bookingId }) => bookings.includes(String(bookingId)));
      const runsOf = lines.filter(({ outcome }) => outcome !== undefined);
      expect(runsOf.map(({ outcome }) => outcome)).toEqual(["done", "done", "done"]);
      const warned = lines.filter((line) => String(line["message"]).includes("spans are dropped"));
      expect(warned.length).toBeLessThanOrEqual(1);
    },
    60_000,
  );
});
