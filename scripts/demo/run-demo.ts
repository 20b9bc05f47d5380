import { randomUUID } from "node:crypto";
import { BookingPlatform, type BookingRow } from "../local/booking-platform.ts";
import type { LocalStack } from "../local/start-stack.ts";
import { awaitRow } from "./await-row.ts";
import type { MeetingScript } from "./meeting-file.ts";

/** One step of the demo, as it is narrated and timed. */
export const stageNames = ["connect", "book", "schedule", "meet", "capture", "transcribe", "analyze"] as const;
export type StageName = (typeof stageNames)[number];

export interface Stage {
  readonly name: StageName;
  readonly durationMs: number;
  /** What came of it, in a sentence. */
  readonly result: string;
}

export interface TimelineEntry {
  /** ISO 8601 in UTC; null for the last one, which says how the booking stands. */
  readonly at: string | null;
  readonly event: string;
}

export interface DemoResult {
  readonly booking: BookingRow;
  /** The booking's own story, from the database. */
  readonly timeline: readonly TimelineEntry[];
  readonly stages: readonly Stage[];
  readonly elapsedMs: number;
}

export interface DemoListener {
  started(stage: StageName): void;
  progress(stage: StageName, detail: string): void;
  ended(stage: Stage): void;
}

export interface DemoOptions {
  readonly stack: LocalStack;
  readonly script: MeetingScript;
  readonly listener?: DemoListener;
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 170_000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** The main job on a running stack: only SQL, browsers and the meeting itself; the pipeline does the rest. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const platform = new BookingPlatform(options.stack);
  const startedAt = performance.now();
  try {
    const { stages, bookingId } = await runStages(platform, options);
    const booking = await platform.booking(bookingId);
    const elapsedMs = Math.round(performance.now() - startedAt);
    return { booking, timeline: await timelineOf(platform, bookingId), stages, elapsedMs };
  } finally {
    await platform.close();
  }
}

async function runStages(
  platform: BookingPlatform,
  { stack, script, listener, timeoutMs = DEFAULT_TIMEOUT_MS }: DemoOptions,
): Promise<{ stages: readonly Stage[]; bookingId: string }> {
  const stages: Stage[] = [];
  const stage = async <Value>(name: StageName, run: () => Promise<[Value, string]>): Promise<Value> => {
    const begun = performance.now();
    listener?.started(name);
    const [value, result] = await run();
    const ended: Stage = { name, durationMs: Math.round(performance.now() - begun), result };
    stages.push(ended);
    listener?.ended(ended);
    return value;
  };
  const [consultantName, customerName] = people(script);

  const consultant = await stage("connect", async () => {
    const created = await platform.createConsultant(consultantName);
    await platform.connectGoogle(created);
    return [created, `${created.name} connected Google as ${created.email}`];
  });
  const bookingId = await stage("book", async () => {
    const serviceId = await platform.createService("Consulting call");
    const startsAt = nextFullHour(new Date(Date.now() + DAY_MS));
    const id = await platform.insertBooking({
      ...{ serviceId, consultantId: consultant.consultantId, title: "Consulting call", timeZone: "Europe/Berlin" },
      ...{ startsAt, endsAt: new Date(startsAt.getTime() + HOUR_MS) },
      ...{ customerName, customerEmail: `${randomUUID().slice(0, 8)}@customer.example` },
    });
    return [id, `booking ${id} inserted by SQL`];
  });
  const until = (name: StageName, what: string, test: (row: BookingRow) => boolean) =>
    awaitRow(platform, {
      ...{ bookingId, what, until: test, timeoutMs },
      onLook: (row) => listener?.progress(name, row.pipeline_status ?? "waiting"),
    });
  const scheduled = await stage("schedule", async () => {
    const row = await until("schedule", "The Meet link", (seen) => seen.meeting_link !== null);
    return [row, `${row.meeting_link}, event ${row.google_calendar_event_id}`];
  });
  await stage("meet", async () => {
    const held = await stack.google.holdMeeting(meetingCodeOf(scheduled), script);
    const minutes = (held.durationMs / 60_000).toFixed(1);
    return [held, `${held.turns} turns, ${held.words} words, ${minutes} minutes, as if it were ${held.startsAt}`];
  });
  await stage("capture", async () => {
    const row = await until("capture", "The recording", (seen) => seen.meeting_recording_url !== null);
    return [row, `${row.meeting_recording_url}`];
  });
  await stage("transcribe", async () => {
    const row = await until("transcribe", "The transcript", (seen) => seen.meeting_transcript !== null);
    return [row, `${row.meeting_transcript?.split("\n").length} turns with their speakers`];
  });
  await stage("analyze", async () => {
    const row = await until("analyze", "The insights", (seen) => seen.pipeline_status === "analyzed");
    return [row, insightsInWords(row.ai_insights ?? {})];
  });
  return { stages, bookingId };
}

function insightsInWords({ sentiment, entities, summarySentences }: Readonly<Record<string, unknown>>): string {
  const label = (sentiment as { label?: string } | null)?.label ?? "no sentiment";
  const count = (list: unknown): number => (Array.isArray(list) ? list.length : 0);
  return `${label}, ${count(entities)} entities, a summary of ${count(summarySentences)} sentences`;
}

/** The first two voices of a script: the consultant, who owns the room, and the customer. */
function people({ meeting_transcripts: turns }: MeetingScript): [string, string] {
  const names = [...new Set(turns.map((turn) => turn.speaker))];
  return [names[0] ?? "Consultant", names[1] ?? "Customer"];
}

/** The ten-letter code in `https://meet.google.com/abc-defg-hij`. */
function meetingCodeOf(row: BookingRow): string {
  return new URL(row.meeting_link ?? "").pathname.slice(1);
}

function nextFullHour(date: Date): Date {
  return new Date(Math.ceil(date.getTime() / HOUR_MS) * HOUR_MS);
}

async function timelineOf(platform: BookingPlatform, bookingId: string): Promise<TimelineEntry[]> {
  const rows = await platform.rows<{ sentence: string }>("select s as sentence from public.explain_booking($1) s", [
    bookingId,
  ]);
  return rows.map(({ sentence }) => {
    const [, date, time, event = sentence] = /^(\d{4}-\d\d-\d\d) ([\d:.]+): (.*)$/s.exec(sentence) ?? [];
    return { at: date === undefined ? null : `${date}T${time}Z`, event };
  });
}
