import type { BookingLedger, LedgerRow } from "../ledger.ts";

const BOOKING = "0b9ff1f2-7b0e-4d3c-9a55-3d0c6f0f7a11";
const FIRST = "5a1f0c52-0d0e-4a5e-8a0d-1f6f2a1b0001";
const SECOND = "5a1f0c52-0d0e-4a5e-8a0d-1f6f2a1b0002";
const ZONE = "Europe/Berlin";

let nextId = 0;

/** A row of the ledger as the database gives it. */
export function ledgerRow(
  at: string,
  [kind, step, name, outcome]: readonly [LedgerRow["kind"], string | null, string, string | null],
  more: { readonly recordingId?: string; readonly detail?: Record<string, unknown> } = {},
): LedgerRow {
  nextId += 1;
  const { recordingId = null, detail = {} } = more;
  return { kind, id: String(nextId), at: new Date(at), micros: 0, step, name, outcome, recordingId, detail };
}

const message = (at: string, name: string, detail: Record<string, unknown> = {}): LedgerRow =>
  ledgerRow(at, ["outbox", null, name, "published"], { detail });
const change = (at: string, name: string, detail: Record<string, unknown> = {}): LedgerRow =>
  ledgerRow(at, ["change", null, name, null], { detail });
const driveFailed = (at: string, recordingId: string): LedgerRow => ({
  ...change(at, "recording.retry", { reason: "Google Drive is not available (500)." }),
  recordingId,
});
const effect = (at: string, step: string, [name, outcome]: readonly [string, string]): LedgerRow =>
  ledgerRow(at, ["effect", step, name, outcome]);
const captured = (at: string, recordingId: string, detail: Record<string, unknown>): LedgerRow =>
  ledgerRow(at, ["effect", "capture-artifacts", "recording.copy", "copied"], { recordingId, detail });

const times = (startsAt: string, endsAt: string) => ({ startsAt, endsAt, timeZone: ZONE, status: "confirmed" });
const THURSDAY = times("2026-11-12T13:00:00Z", "2026-11-12T14:00:00Z");
const FRIDAY = times("2026-11-13T09:00:00Z", "2026-11-13T10:00:00Z");
const MONDAY = times("2026-11-16T09:00:00Z", "2026-11-16T10:00:00Z");

const booked = [
  message("2026-11-02T08:12:00.000Z", "booking.changed"),
  effect("2026-11-02T08:12:05Z", "process-booking", ["calendar.insert", "inserted"]),
  effect("2026-11-02T08:12:05.001Z", "process-booking", ["meet.space", "found"]),
  effect("2026-11-02T08:12:05.002Z", "process-booking", ["meet.recording", "requested"]),
  change("2026-11-02T08:12:05Z", "booking.status", { from: "pending", to: "scheduled", reason: null }),
  effect("2026-11-02T08:13:10Z", "send-reminders", ["mail.confirmation", "sent"]),
];

const movedOnce = [
  change("2026-11-04T10:30:00Z", "booking.changed", { fields: ["times"], from: THURSDAY, to: FRIDAY }),
  message("2026-11-04T10:30:00Z", "booking.changed"),
  change("2026-11-04T10:30:12Z", "booking.retry", {
    reason: "Not done yet, it will be tried again: Google Calendar is not available (503).",
  }),
  change("2026-11-04T10:31:02Z", "booking.retry", {
    reason: "Not done yet, it will be tried again: Google Calendar is not available (503).",
  }),
  effect("2026-11-04T10:32:04Z", "process-booking", ["calendar.patch", "patched"]),
  change("2026-11-04T10:32:04Z", "booking.status", { from: "pending", to: "scheduled", reason: null }),
];

const lostAndMovedAgain = [
  change("2026-11-05T21:10:00Z", "connection.lost", { reason: "Google sign-in no longer accepts the access." }),
  ledgerRow("2026-11-05T21:11:03Z", ["mail", "send-reminders", "reconnect_google", "sent"]),
  change("2026-11-06T07:02:00Z", "booking.changed", { fields: ["times"], from: FRIDAY, to: MONDAY }),
  message("2026-11-06T07:02:00Z", "booking.changed"),
  change("2026-11-06T07:02:06Z", "booking.status", {
    from: "pending",
    to: "needs_reconnect",
    reason: "The consultant's Google access has ended. Connect Google again.",
  }),
  change("2026-11-06T07:42:00Z", "connection.regained", { reason: null }),
  message("2026-11-06T07:42:00Z", "booking.reconnected"),
  change("2026-11-06T07:42:00Z", "booking.status", { from: "needs_reconnect", to: "pending", reason: null }),
  effect("2026-11-06T07:42:07Z", "process-booking", ["calendar.patch", "patched"]),
  change("2026-11-06T07:42:07Z", "booking.status", { from: "pending", to: "scheduled", reason: null }),
];

const recording = (id: string, [startedAt, endedAt]: readonly [string, string], durationMs: number): LedgerRow => ({
  ...ledgerRow(startedAt, ["recording", null, "recording", "transcribed"], {
    recordingId: id,
    detail: { startedAt, endedAt, durationMs, reason: null },
  }),
  id,
});

const held = [
  recording(FIRST, ["2026-11-16T09:02:00Z", "2026-11-16T09:34:00Z"], 1_900_000),
  captured("2026-11-16T09:41:00Z", FIRST, { durationMs: 1_900_000 }),
  ledgerRow("2026-11-16T09:41:10Z", ["effect", "capture-artifacts", "speech.start", "started"], { recordingId: FIRST }),
  recording(SECOND, ["2026-11-16T09:36:00Z", "2026-11-16T09:58:00Z"], 1_320_000),
  driveFailed("2026-11-16T10:04:00Z", SECOND),
  driveFailed("2026-11-16T10:05:00Z", SECOND),
  captured("2026-11-16T10:06:00Z", SECOND, { durationMs: 1_320_000 }),
  change("2026-11-16T09:41:00Z", "booking.status", { from: "scheduled", to: "captured", reason: null }),
  ledgerRow("2026-11-16T10:06:10Z", ["effect", "capture-artifacts", "speech.start", "started"], {
    recordingId: SECOND,
  }),
];

const transcribed = (at: string, recordingId: string, words: number): LedgerRow[] => [
  ledgerRow(at, ["effect", "analyze-transcript", "transcript.store", "stored"], { recordingId, detail: { words } }),
  {
    ...ledgerRow(at, ["transcript", null, "transcript", "named"], { recordingId, detail: { words } }),
    id: recordingId,
  },
];
const insights = (at: string, key: string): LedgerRow =>
  ledgerRow(at, ["effect", "analyze-transcript", "language.annotate", "analyzed"], {
    detail: { key, billedUnits: 30 },
  });

const cameOut = [
  ...transcribed("2026-11-16T09:49:00Z", FIRST, 4_812),
  insights("2026-11-16T09:49:20Z", "a"),
  ...transcribed("2026-11-16T10:12:00Z", SECOND, 3_120),
  insights("2026-11-16T10:12:30Z", "b"),
  change("2026-11-16T10:12:31Z", "booking.status", { from: "transcribed", to: "analyzed", reason: null }),
];

/** A booking that was moved twice, lost its consultant's Google access in between and was recorded in two parts. */
export const movedTwice: BookingLedger = {
  asOf: new Date("2026-11-20T12:00:00Z"),
  bookingId: BOOKING,
  booking: {
    createdAt: new Date("2026-11-02T08:12:00.000Z"),
    status: "completed",
    startsAt: new Date(MONDAY.startsAt),
    endsAt: new Date(MONDAY.endsAt),
    timeZone: ZONE,
    pipelineStatus: "analyzed",
    reason: null,
    since: new Date("2026-11-16T10:12:31Z"),
    meetingLink: "https://meet.google.com/abc-defg-hij",
  },
  tombstone: null,
  rows: [...booked, ...movedOnce, ...lostAndMovedAgain, ...held, ...cameOut],
};
