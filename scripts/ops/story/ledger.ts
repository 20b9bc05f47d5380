import { z } from "zod";

const instant = z.coerce.date();
const maybe = instant.nullable();

/** Where a row of the ledger is kept. */
export const rowKinds = ["outbox", "change", "effect", "mail", "recording", "job", "transcript"] as const;
export type RowKind = (typeof rowKinds)[number];

const ledgerRowFields = z.object({
  kind: z.enum(rowKinds),
  id: z.string(),
  at: z.string(),
  /** The function that caused an effect. */
  step: z.string().nullable(),
  /** What it is about: an effect, a change, a kind of message or mail. */
  name: z.string(),
  outcome: z.string().nullable(),
  recordingId: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
});
/** `micros`: what Postgres knows of the instant beyond a Date's milliseconds; things happen that fast. */
const ledgerRow = ledgerRowFields.transform(({ at, ...row }) => ({ ...row, at: new Date(at), micros: microsOf(at) }));
export type LedgerRow = z.infer<typeof ledgerRow>;

/** `2026-11-20T09:00:00.123456+00:00` -> 456 */
function microsOf(at: string): number {
  const [, fraction = ""] = /\.(\d+)/.exec(at) ?? [];
  return Number(fraction.padEnd(6, "0").slice(3, 6));
}

const presentBooking = z.object({
  createdAt: instant,
  status: z.string(),
  startsAt: instant,
  endsAt: instant,
  timeZone: z.string(),
  pipelineStatus: z.string().nullable(),
  reason: z.string().nullable(),
  since: maybe,
  meetingLink: z.string().nullable(),
});
export type PresentBooking = z.infer<typeof presentBooking>;

/** What `read_booking_ledger` answers. */
export const bookingLedger = z.object({
  asOf: instant,
  bookingId: z.string(),
  booking: presentBooking.nullable(),
  tombstone: z.object({ deletedAt: instant, doneAt: maybe }).nullable(),
  rows: z.array(ledgerRow),
});
export type BookingLedger = z.infer<typeof bookingLedger>;

/** Each row once, in the order things happened: a story does not depend on how its rows were read. */
export function orderedRows(rows: readonly LedgerRow[]): LedgerRow[] {
  const once = new Map(rows.map((row) => [keyOf(row), row]));
  return [...once.values()].sort(
    (a, b) => a.at.getTime() - b.at.getTime() || a.micros - b.micros || compareText(orderOf(a), orderOf(b)),
  );
}

const keyOf = ({ kind, id }: LedgerRow): string => `${kind}/${id}`;

/** At one moment: causes before their effects, and of one kind the smaller number first. */
function orderOf({ kind, id }: LedgerRow): string {
  return `${rowKinds.indexOf(kind)}/${/^\d+$/.test(id) ? id.padStart(20, "0") : id}`;
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A text of a row's detail, without anybody's address; null when there is none. */
export function textOf(row: LedgerRow, name: string): string | null {
  const value = row.detail[name];
  return typeof value === "string" && value !== "" ? withoutAddresses(value) : null;
}

export function countOf(row: LedgerRow, name: string): number | null {
  const value = row.detail[name];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function instantOf(row: LedgerRow, name: string): Date | null {
  return asInstant(row.detail[name]);
}

function asInstant(value: unknown): Date | null {
  if (typeof value !== "string") return null;
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? null : at;
}

/** When a booking was to take place, as a change noted it. */
export interface BookedTimes {
  readonly startsAt: Date;
  readonly endsAt: Date;
}

export function timesOf(row: LedgerRow, side: "from" | "to"): BookedTimes | null {
  const [startsAt, endsAt] = [asInstant(sideOf(row, side)["startsAt"]), asInstant(sideOf(row, side)["endsAt"])];
  return startsAt === null || endsAt === null ? null : { startsAt, endsAt };
}

/** One side of a change: how it was or how it became. */
export function sideOf(row: LedgerRow, side: "from" | "to"): Readonly<Record<string, unknown>> {
  const value = row.detail[side];
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** Google's own words may name an account; nobody's address is part of a story. */
export function withoutAddresses(text: string): string {
  return text.replaceAll(/[^\s"'<>(),;]+@[^\s"'<>(),;]+/g, "[an address]");
}
