import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BookingPlatform, type PlatformConsultant } from "../local/booking-platform.ts";
import { type LocalStack, startStack } from "../local/start-stack.ts";
import { type HandTypedCase, situations, typeEventsByHand } from "../soak/hand-typed-events.ts";
import {
  calendarsOf,
  calendarWrites,
  connectConsultants,
  insertOldBookings,
  rowsDigest,
  slotStart,
} from "../soak/old-bookings.ts";
import { runOps, startOps } from "../soak/ops-process.ts";

const BOOKINGS = 1_000;
const CONSULTANTS = 10;
const PLAIN = BOOKINGS - situations.length;
const ADOPTED = situations.filter(({ expected }) => expected.action === "adopt").length;
const CREATED = PLAIN + situations.filter(({ expected }) => expected.action === "create").length;
const CONFLICTS = BOOKINGS - CREATED - ADOPTED;
/** As fast as this machine goes. */
const FAST = ["--rate", "1000", "--per-consultant", "60000"];

let stack: LocalStack;
let platform: BookingPlatform;
let consultants: PlatformConsultant[];
let cases: (HandTypedCase & { readonly id: string })[];
let folder: string;
/** Calendars and rows before the first plan. */
let before: { readonly calendars: ReadonlyMap<string, object>; readonly rows: string };

beforeAll(async () => {
  stack = await startStack();
  platform = new BookingPlatform(stack);
  folder = await mkdtemp(path.join(tmpdir(), "backfill-"));
  consultants = await connectConsultants(platform, CONSULTANTS);
  const today = new Date();
  const typed = await typeEventsByHand(stack, { consultants, firstDay: slotStart(today, 40_000) });
  const ids = await insertOldBookings(
    platform,
    typed.map(({ booking }) => booking),
  );
  cases = typed.map((one, nth) => ({ ...one, id: ids[nth]! }));
  const plain = Array.from({ length: PLAIN }, (_, nth) => ({
    consultantId: consultants[nth % CONSULTANTS]!.consultantId,
    ...{
      startsAt: slotStart(today, Math.floor(nth / CONSULTANTS)),
      minutes: 30,
      customerEmail: `c${nth}@customer.example`,
    },
  }));
  await insertOldBookings(platform, plain);
  before = { calendars: calendarsOf(stack), rows: await rowsDigest(platform) };
}, 120_000);
afterAll(async () => {
  await platform?.close();
  await stack?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

interface PlanLine {
  readonly bookingId: string;
  readonly action: string;
  readonly reason: string | null;
  readonly eventId: string | null;
  readonly decision: string | null;
}
const planLines = async (): Promise<Map<string, PlanLine>> => {
  const file = path.join(folder, "plan.jsonl");
  await runOps(stack, "backfill", "--show", "--out", file);
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  return new Map(lines.map((line) => JSON.parse(line) as PlanLine).map((line) => [line.bookingId, line]));
};
const untouched = async () => {
  expect(calendarsOf(stack)).toEqual(before.calendars);
  expect(await rowsDigest(platform)).toBe(before.rows);
};

describe("bookings from before", { timeout: 120_000 }, () => {
  it("are planned without a change: what is made, what matches, what a person has to look at", async () => {
    const { report } = await runOps(stack, "backfill");
    expect(report).toMatchObject({
      ...{ applied: false, create: CREATED, adopt: 0, unconfirmed: ADOPTED, conflict: CONFLICTS, skip: 0 },
      calendars: { asked: CONSULTANTS, read: CONSULTANTS },
    });
    const lines = await planLines();
    expect(lines.size).toBe(BOOKINGS);
    const said = cases.map(({ id, name }) => ({
      name,
      expected: { action: lines.get(id)?.action, reason: lines.get(id)?.reason },
    }));
    expect(said).toEqual(cases.map(({ name, expected }) => ({ name, expected })));
    const asked = await platform.rows("select 1 from private.outbox where attributes ->> 'kind' = 'calendar.read'");
    expect(asked).toHaveLength(CONSULTANTS);
    expect(calendarWrites(stack)).toBe(before.calendars.size);
    await untouched();
  });

  it("may be decided one by one, and a broken file decides nothing", async () => {
    const [, , lunch] = cases;
    const declined = cases.find(({ name }) => name.includes("declined"))!;
    const file = path.join(folder, "decided.jsonl");
    const lines = [
      { bookingId: declined.id, decision: "create" },
      { bookingId: lunch!.id, decision: "adopt" },
      { bookingId: cases[0]!.id },
    ];
    await writeFile(file, `${lines.map((line) => JSON.stringify(line)).join("\n")}\n{"bookingId": 1}\n`);
    const broken = await startOps<{ error: string }>(stack, ["backfill", "--decisions", file]).ended;
    expect([broken.exitCode, broken.report?.error]).toEqual([1, expect.stringMatching(/line 4 is not a decision/)]);
    await writeFile(file, lines.map((line) => JSON.stringify(line)).join("\n"));
    const { report } = await runOps(stack, "backfill", "--decisions", file);
    expect(report).toMatchObject({
      decisions: { taken: 2, refused: 0 },
      create: CREATED + 1,
      adopt: 1,
      unconfirmed: ADOPTED - 1,
    });
  });

  it("keep their decisions when the plan is made anew, as long as it proposes the same", async () => {
    expect((await runOps(stack, "backfill")).report).toMatchObject({
      adopt: 1,
      create: CREATED + 1,
      conflict: CONFLICTS - 1,
    });
    const second = cases[1]!;
    const event = (await planLines()).get(second.id)!.eventId!;
    const { email } = consultants[1]!;
    const guests = stack.google.calendar.events(email).find(({ id }) => id === event)?.attendees;
    stack.google.calendar.edit(email, event, { attendees: [] });
    await runOps(stack, "backfill");
    expect((await planLines()).get(second.id)).toMatchObject({ action: "conflict", reason: "customer_not_invited" });
    stack.google.calendar.edit(email, event, { attendees: guests });
    await runOps(stack, "backfill");
    expect((await planLines()).get(second.id)).toMatchObject({ action: "adopt", decision: null });
    await untouched();
  });

  it("are taken up by a command that is killed twice, with a function killed beside it", async () => {
    await runOps(stack, "backfill", "--confirm-adoptions");
    const apply = ["backfill", "--yes", ...FAST];
    for (const share of [0.2, 0.5]) {
      const killed = startOps(stack, [...apply, "--rate", "300"]);
      await waitFor(async () => (await countWhere("pipeline_status = 'scheduled'")) > share * BOOKINGS);
      stack.functions.get("process-booking")?.kill();
      killed.kill();
      expect((await killed.ended).exitCode).toBeNull();
    }
    const { report, told } = await runOps(stack, ...apply);
    expect(report).toMatchObject({
      complete: true,
      underWay: 0,
      standing: { applied: CREATED + 1 + ADOPTED, failed: 0, refused: 0 },
    });
    expect(told.at(-1)?.line).toMatch(/^(\d+) of \1$/);
    expect(await countWhere("pipeline_status = 'scheduled' and meeting_link is not null")).toBe(CREATED + 1 + ADOPTED);
    expect(await countWhere("pipeline_status is null")).toBe(CONFLICTS - 1);
  });

  it("have one event each: the adopted ones are those that were typed, in their own words", async () => {
    const marked = new Map<string, string[]>();
    for (const event of stack.google.calendar.events()) {
      const bookingId = event.extendedProperties?.private?.["bookingId"];
      if (bookingId !== undefined && event.status !== "cancelled")
        marked.set(bookingId, [...(marked.get(bookingId) ?? []), event.id]);
    }
    const rows = await platform.rows<{ id: string; event: string }>(
      "select id, google_calendar_event_id as event from public.bookings where pipeline_status is not null",
    );
    for (const { id, event } of rows) expect(marked.get(id)).toEqual([event]);
    const after = calendarsOf(stack);
    for (const [key, event] of before.calendars) {
      const { conference: _, marks: _marks, ...words } = after.get(key) as Record<string, unknown>;
      const { conference: _before, marks: _none, ...typed } = event as Record<string, unknown>;
      expect(words).toEqual(typed);
    }
    expect(stack.google.smtp.messages()).toEqual([]);
  });

  it("are left alone by a second apply", async () => {
    const [writes, rows] = [calendarWrites(stack), await rowsDigest(platform)];
    expect((await runOps(stack, "backfill", "--yes", ...FAST)).report).toMatchObject({ queued: 0, complete: true });
    expect([calendarWrites(stack), await rowsDigest(platform)]).toEqual([writes, rows]);
  });

  it("are undone exactly by a command that is killed on the way; what their platform has changed stays", async () => {
    const [changed] = await platform.rows<{ id: string }>(
      "update public.bookings set title = 'Moved on' where id = (select min(id::text)::uuid from public.bookings where customer_email like 'c%') returning id",
    );
    await waitFor(async () => (await countWhere("title = 'Moved on' and pipeline_status = 'scheduled'")) === 1);
    const plan = await runOps<{ undo: number; verdicts: unknown[] }>(stack, "backfill", "--undo");
    expect(plan.report).toMatchObject({ applied: false, undo: CREATED + ADOPTED });
    expect(plan.report.verdicts).toContainEqual({ verdict: "changed", count: 1, bookings: [changed!.id] });
    const undo = ["backfill", "--undo", "--yes", ...FAST];
    const killed = startOps(stack, [...undo, "--rate", "300"]);
    await waitFor(async () => (await countWhere("pipeline_status is null")) > BOOKINGS / 3);
    killed.kill();
    stack.functions.get("process-booking")?.kill();
    await killed.ended;
    expect((await runOps(stack, ...undo)).report).toMatchObject({
      undone: CREATED + ADOPTED,
      failed: 0,
      complete: true,
    });
    expect(await countWhere("pipeline_status is not null")).toBe(1);
    expect((await runOps(stack, ...undo, "--include-changed")).report).toMatchObject({ queued: 1, complete: true });
    const writes = calendarWrites(stack);
    expect((await runOps(stack, ...undo)).report).toMatchObject({ queued: 0, complete: true });
    expect(calendarWrites(stack)).toBe(writes);
    expect(calendarsOf(stack)).toEqual(before.calendars);
    expect(
      await countWhere(
        "num_nonnulls(pipeline_status, google_calendar_event_id, meeting_link, meeting_id) > 0 or calendar_generation > 0",
      ),
    ).toBe(0);
    expect(stack.google.smtp.messages()).toEqual([]);
  });
});

async function countWhere(condition: string): Promise<number> {
  const [row] = await platform.rows<{ count: number }>(`select count(*)::int from public.bookings where ${condition}`);
  return row!.count;
}

/** The database is asked until it shows what is waited for. */
async function waitFor(holds: () => Promise<boolean>): Promise<void> {
  await expect.poll(holds, { timeout: 60_000, interval: 100 }).toBe(true);
}
