import { deepStrictEqual } from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { BookingPlatform } from "../local/booking-platform.ts";
import { type LocalStack, startStack } from "../local/start-stack.ts";
import { situations, typeEventsByHand } from "./hand-typed-events.ts";
import {
  calendarsOf,
  calendarWrites,
  connectConsultants,
  insertOldBookings,
  rowsDigest,
  slotStart,
} from "./old-bookings.ts";
import { type OpsEnd, predictions, runOps, startOps } from "./ops-process.ts";

export const name = "backfill";
export const describe =
  "50,000 bookings of 100 consultants from before: planned, taken up with two kills, taken up again, undone with a kill";

export interface BackfillSize {
  readonly bookings: number;
  readonly consultants: number;
}

const FULL: BackfillSize = { bookings: 50_000, consultants: 100 };
/** As fast as this machine goes: emulators know no quota. */
const UNPACED = ["--rate", "1000", "--per-consultant", "60000"];
/** Leases and back-off of a killed process last a tenth of the time; bookings that wait are not overdue at once. */
const TIME_SCALE = 0.1;
const INSERT_BATCH = 5_000;
const POLL_MS = 200;
const MAX_GROWTH_BYTES = 40e6;
/** Remaining times told with less left than this are not judged. */
const LEAST_LEFT_MS = 15_000;

export const run = (report: (line: string) => void): Promise<void> => runBackfill(report, FULL);

/** Throws at the first thing that does not hold. */
export async function runBackfill(report: (line: string) => void, size: BackfillSize): Promise<void> {
  const stack = await startStack({ timeScale: TIME_SCALE });
  const platform = new BookingPlatform(stack);
  try {
    await seed({ stack, platform }, size);
    await judge({ stack, platform, report }, size);
  } finally {
    await platform.close();
    await stack.stop();
  }
}

interface Stage {
  readonly stack: LocalStack;
  readonly platform: BookingPlatform;
}

async function seed({ stack, platform }: Stage, { bookings, consultants: count }: BackfillSize): Promise<void> {
  const consultants = await connectConsultants(platform, count);
  const today = new Date();
  const typed = await typeEventsByHand(stack, { consultants, firstDay: slotStart(today, bookings) });
  await insertOldBookings(
    platform,
    typed.map(({ booking }) => booking),
  );
  for (let from = 0; from < bookings - typed.length; from += INSERT_BATCH) {
    const batch = Array.from({ length: Math.min(INSERT_BATCH, bookings - typed.length - from) }, (_, index) => {
      const nth = from + index;
      const consultantId = consultants[nth % count]?.consultantId ?? "";
      const startsAt = slotStart(today, Math.floor(nth / count));
      return { consultantId, startsAt, minutes: 30, customerEmail: `customer-${nth}@customer.example` };
    });
    await insertOldBookings(platform, batch);
  }
}

async function judge(
  { stack, platform, report }: Stage & { readonly report: (line: string) => void },
  { bookings, consultants }: BackfillSize,
): Promise<void> {
  const before = { calendars: calendarsOf(stack), rows: await rowsDigest(platform) };
  const conflicts = situations.filter(({ expected }) => expected.action === "conflict").length;
  const taken = bookings - conflicts;

  const plan = await timed(() => runOps<Record<string, unknown>>(stack, "backfill"));
  const { create, unconfirmed, conflict } = plan.value.report;
  deepStrictEqual({ planned: Number(create) + Number(unconfirmed), conflict }, { planned: taken, conflict: conflicts });
  deepStrictEqual([calendarsOf(stack), await rowsDigest(platform)], [before.calendars, before.rows]);
  const lists = stack.google.calendar.calls.count("events.list");
  report(
    `planned in ${plan.seconds} s: ${create} created, ${unconfirmed} proposed matches, ${conflict} conflicts; ${lists} listings for ${consultants} calendars, nothing changed`,
  );

  const apply = ["backfill", "--yes", "--confirm-adoptions", ...UNPACED];
  const scheduled = () => countWhere(platform, "pipeline_status = 'scheduled'");
  const applied = await timed(async () => {
    await killAt({ stack, platform }, apply, async () => (await scheduled()) > 0.2 * bookings);
    await killAt({ stack, platform }, apply, async () => (await scheduled()) > 0.5 * bookings);
    return runOps<Record<string, unknown>>(stack, ...apply);
  });
  deepStrictEqual(applied.value.report["standing"], { applied: taken, failed: 0, refused: 0, waiting: 0, dropped: 0 });
  deepStrictEqual(await liveEvents(stack), taken);
  report(
    `taken up in ${applied.seconds} s with two kills: ${perSecond(taken, applied.seconds)} bookings/s; one event each; ${judgeEnd(applied.value)}`,
  );

  const writes = calendarWrites(stack);
  const again = await timed(() => runOps<Record<string, unknown>>(stack, ...apply));
  deepStrictEqual([again.value.report["queued"], calendarWrites(stack)], [0, writes]);
  report(`taken up again in ${again.seconds} s: nothing queued, no call that writes to a calendar`);

  const undo = ["backfill", "--undo", "--yes", ...UNPACED];
  const undone = await timed(async () => {
    await killAt({ stack, platform }, undo, async () => (await scheduled()) < 0.7 * taken);
    return runOps<Record<string, unknown>>(stack, ...undo);
  });
  deepStrictEqual([undone.value.report["undone"], undone.value.report["failed"]], [taken, 0]);
  deepStrictEqual([calendarsOf(stack), await rowsDigest(platform)], [before.calendars, before.rows]);
  report(
    `undone in ${undone.seconds} s with a kill: ${perSecond(taken, undone.seconds)} bookings/s; every calendar and every row as before; ${judgeEnd(undone.value)}`,
  );

  deepStrictEqual(stack.google.smtp.messages().length, 0);
  report("mails: 0");
}

/** Starts the command and kills it, and the function beside it, once the moment has come. */
async function killAt({ stack }: Stage, args: readonly string[], moment: () => Promise<boolean>): Promise<void> {
  const killed = startOps(stack, args);
  let isOver = false;
  void killed.ended.then(() => {
    isOver = true;
  });
  while (!isOver && !(await moment())) await delay(POLL_MS);
  if (isOver) throw new Error(`the command ended before it could be killed: ${JSON.stringify(await killed.ended)}`);
  stack.functions.get("process-booking")?.kill();
  killed.kill();
  await killed.ended;
}

/** Memory and remaining times of a run that came to its end; throws when either is not as it should be. */
function judgeEnd(end: OpsEnd<unknown>): string {
  const sizes = end.residentBytes;
  const [early, late] = [sizes.slice(0, sizes.length / 2), sizes.slice(sizes.length / 2)];
  const growth = Math.max(0, ...late) - Math.max(0, ...early);
  if (growth > MAX_GROWTH_BYTES)
    throw new Error(`the command grew by ${Math.round(growth / 1e6)} MB in its second half`);
  const ratios = predictions(end, LEAST_LEFT_MS).sort((left, right) => left - right);
  const [least = 1, middle = 1, most = 1] = [0, 0.5, 1].map((share) => ratios[Math.floor(share * (ratios.length - 1))]);
  if (middle < 0.5 || middle > 2) throw new Error(`remaining times were told ${middle.toFixed(2)} times too long`);
  const told =
    ratios.length === 0
      ? ""
      : `, remaining times told between ${least.toFixed(2)} and ${most.toFixed(2)} of the actual (median ${middle.toFixed(2)})`;
  return `the command's memory at most ${Math.round(Math.max(0, ...sizes) / 1e6)} MB${told}`;
}

async function liveEvents(stack: LocalStack): Promise<number> {
  const marked = stack.google.calendar
    .events()
    .filter(
      ({ status, extendedProperties }) =>
        status !== "cancelled" && extendedProperties?.private?.["guestEmail"] !== undefined,
    );
  return marked.length;
}

async function countWhere(platform: BookingPlatform, condition: string): Promise<number> {
  const [row] = await platform.rows<{ count: number }>(`select count(*)::int from public.bookings where ${condition}`);
  return row?.count ?? 0;
}

async function timed<Value>(work: () => Promise<Value>): Promise<{ readonly value: Value; readonly seconds: number }> {
  const begunAt = performance.now();
  const value = await work();
  return { value, seconds: Math.round((performance.now() - begunAt) / 100) / 10 };
}

const perSecond = (count: number, seconds: number): string => (count / seconds).toFixed(0);
