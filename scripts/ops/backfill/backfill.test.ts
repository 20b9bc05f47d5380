import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { insertBooking, readBooking, readOutbox } from "#testing/booking-rows.ts";
import { insertHeldMeeting } from "#testing/bookings.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { runCommand } from "../testing/run-command.ts";
import { backfill } from "./backfill.ts";

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  [database, folder] = await Promise.all([openTestDatabase(), mkdtemp(path.join(tmpdir(), "backfill-"))]);
});
afterAll(async () => {
  await database?.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
});
beforeEach(async () => {
  await database.sql("delete from public.bookings");
  await database.sql("truncate private.backfills, private.backfill_items, private.backfill_calendars");
  await database.sql("truncate private.outbox, private.booking_tombstones, private.messages, private.booking_rooms");
});

/** As they were before the migrations: confirmed, and nobody ever told the pipeline. */
async function insertOld(values: Parameters<typeof insertBooking>[1] = {}): Promise<string> {
  const id = await insertBooking(database.sql, values);
  await database.sql("update public.bookings set pipeline_status = null, pipeline_since = null where id = $1", [id]);
  await database.sql("truncate private.outbox");
  return id;
}

async function connectedConsultant(): Promise<string> {
  const { bookingId } = await insertHeldMeeting(database.sql);
  const [booking] = await database.sql<{ id: string }>(
    "select consultant_id as id from public.bookings where id = $1",
    [bookingId],
  );
  return booking!.id;
}

/** As process-booking answers when it has read the calendars of the latest plan. */
async function calendarsSay(proposals: readonly object[]): Promise<void> {
  const json = JSON.stringify(proposals);
  await database.sql("select public.save_backfill_proposals((select max(id) from private.backfills), $1::jsonb)", [
    json,
  ]);
  await database.sql("update private.backfill_calendars set read_at = now()");
  await database.sql("truncate private.outbox");
}

const run = (...args: string[]) => runCommand<Record<string, unknown>>(database, backfill, args);
const plan = () => run("--no-wait");
const kinds = async () => (await readOutbox(database.sql)).map(({ kind }) => kind);
const statusOf = async (id: string) => (await readBooking(database.sql, id)).pipeline_status;

describe("a backfill's plan", () => {
  it("says why a booking is skipped, asks for each calendar once, and changes no booking", async () => {
    const consultantId = await connectedConsultant();
    const ids = [await insertOld({ consultantId }), await insertOld({ consultantId })];
    await insertOld();
    await insertOld({ consultantId, meetingPlatform: "zoom" });
    await insertOld({ consultantId, startsAt: "2020-05-06T10:00:00Z", endsAt: "2020-05-06T11:00:00Z" });
    const { report, lines, ok } = await plan();
    const reasons = { no_consultant: 1, other_platform: 1, calendar_unread: 2 };
    expect(report).toMatchObject({
      applied: false,
      create: 0,
      conflict: 2,
      skip: 2,
      reasons,
      calendars: { asked: 1, read: 0 },
    });
    expect(lines.join("\n")).toMatch(/1: the booking has no consultant\n[\s\S]*1 of 1 calendar could not be read yet/);
    expect(ok).toBe(true);
    expect(await kinds()).toEqual(["calendar.read"]);
    await plan();
    expect(await kinds()).toEqual(["calendar.read"]);
    for (const id of ids) expect(await statusOf(id)).toBeNull();
  });

  it("is what --yes carries out: nothing before it was made, nothing that was not read, nothing unconfirmed", async () => {
    await expect(run("--yes")).rejects.toThrow("There is no plan yet");
    const consultantId = await connectedConsultant();
    const [unread, made, matched, taken] = [1, 2, 3, 4].map(() => insertOld({ consultantId }));
    const ids = await Promise.all([unread, made, matched, taken]);
    await plan();
    await calendarsSay([
      { bookingId: ids[1], action: "create" },
      { bookingId: ids[2], action: "adopt", eventId: "typed", etag: "1", calendarId: "primary" },
      { bookingId: ids[3], action: "conflict", reason: "overlaps", eventId: "lunch", calendarId: "primary" },
    ]);
    expect((await run("--show")).report).toMatchObject({ create: 1, adopt: 0, unconfirmed: 1, conflict: 2 });
    expect((await run("--yes", "--no-wait")).report).toMatchObject({ queued: 1, complete: true, underWay: 1 });
    expect((await run("--yes", "--no-wait")).report).toMatchObject({ queued: 0, complete: true });
    expect(await Promise.all(ids.map((id) => statusOf(id!)))).toEqual([null, "pending", null, null]);
    expect((await run("--confirm-adoptions", "--yes", "--no-wait")).report).toMatchObject({ queued: 1 });
    expect(await kinds()).toEqual(["booking.backfill", "booking.backfill"]);
  });

  it("drops a booking that its platform has changed since", async () => {
    const id = await insertOld({ consultantId: await connectedConsultant() });
    await plan();
    await calendarsSay([{ bookingId: id, action: "create" }]);
    await database.sql("update public.bookings set title = 'Changed' where id = $1", [id]);
    expect((await run("--yes", "--no-wait")).report).toMatchObject({ queued: 0, standing: { dropped: 1 } });
    expect(await kinds()).toEqual(["booking.changed"]);
  });

  it("takes up everybody's next meeting before anybody's second, at most so many", async () => {
    const consultants = [await connectedConsultant(), await connectedConsultant()];
    const day = (nth: number) => ({ startsAt: `2030-05-0${nth}T10:00:00Z`, endsAt: `2030-05-0${nth}T11:00:00Z` });
    const ids = new Map<string, string>();
    for (const [number, consultantId] of consultants.entries()) {
      for (const nth of [1, 2, 3])
        ids.set(`${number} ${nth}`, await insertOld({ consultantId, ...day(nth + 3 * number) }));
    }
    await plan();
    await calendarsSay([...ids.values()].map((bookingId) => ({ bookingId, action: "create" })));
    const limits = { limit: 100, perConsultant: 1 };
    await database.sql("select public.queue_backfill_items((select max(id) from private.backfills), $1)", [limits]);
    const taken = async () => {
      const rows = await Promise.all([...ids].map(async ([name, id]) => ({ name, status: await statusOf(id) })));
      return rows.filter(({ status }) => status !== null).map(({ name }) => name);
    };
    expect(await taken()).toEqual(["0 1", "1 1"]);
    expect((await run("--yes", "--no-wait", "--limit", "1")).report).toMatchObject({ queued: 1, complete: false });
    expect(await taken()).toEqual(["0 1", "0 2", "1 1"]);
  });

  it("is decided upon line by line; a decision that cannot be taken says why", async () => {
    const consultantId = await connectedConsultant();
    const [free, busy] = [await insertOld({ consultantId }), await insertOld({ consultantId })];
    const stranger = crypto.randomUUID();
    await plan();
    await calendarsSay([
      { bookingId: free, action: "create" },
      { bookingId: busy, action: "conflict", reason: "overlaps", eventId: "lunch", calendarId: "primary" },
    ]);
    const file = path.join(folder, "plan.jsonl");
    await run("--show", "--out", file);
    const lines = (await readFile(file, "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(lines).toContainEqual(expect.objectContaining({ bookingId: busy, action: "conflict", decision: null }));
    const decide = async (decisions: readonly object[]) => {
      await writeFile(file, decisions.map((line) => JSON.stringify(line)).join("\n"));
      return run("--decisions", file);
    };
    expect((await decide(lines)).report).toMatchObject({ decisions: { taken: 0, refused: 0 }, conflict: 1 });
    const mixed = [
      { bookingId: free, decision: "skip" },
      { bookingId: busy, decision: "create" },
      { bookingId: stranger, decision: "create" },
    ];
    const decided = await decide(mixed);
    expect(decided.report).toMatchObject({ decisions: { taken: 2, refused: 1 }, create: 1, skip: 1, conflict: 0 });
    expect([decided.ok, decided.lines[1]]).toEqual([false, `  ${stranger} is not in this plan`]);
    expect((await decide([{ bookingId: busy, decision: "adopt" }])).lines[1]).toMatch(/has no event to adopt/);
    await expect(decide([{ bookingId: busy, decision: "perhaps" }])).rejects.toThrow(/line 1 is not a decision/);
    await expect(run("--decisions", path.join(folder, "missing"))).rejects.toThrow(/cannot be read/);
    expect((await run("--yes", "--no-wait")).report).toMatchObject({ queued: 1 });
    expect([await statusOf(free), await statusOf(busy)]).toEqual([null, "pending"]);
  });

  it("of one consultant holds no others", async () => {
    const [mine, other] = [await connectedConsultant(), await connectedConsultant()];
    await insertOld({ consultantId: other });
    await insertOld({ consultantId: mine });
    expect((await run("--no-wait", "--consultant", mine)).report).toMatchObject({ conflict: 1 });
    await expect(run("--consultant", crypto.randomUUID())).rejects.toThrow("no consultant");
  });
});

describe("a backfill's mails", () => {
  it("are none for the link it brings, whichever time it brings one, and one for a link that changes later", async () => {
    const id = await insertOld({ consultantId: await connectedConsultant() });
    const takeUp = async () => {
      await plan();
      await calendarsSay([{ bookingId: id, action: "create" }]);
      await run("--yes", "--no-wait");
    };
    const show = (status: string | null, link: string | null) =>
      database.sql("update public.bookings set pipeline_status = $2, meeting_link = $3 where id = $1", [
        id,
        status,
        link,
      ]);
    const settle = (state: string) => database.sql("update private.backfill_items set state = $1", [state]);
    const mails = () =>
      database.sql("select state from private.messages where booking_id = $1 order by created_at", [id]);
    const skipped = { state: "skipped" };
    await takeUp();
    await show("scheduled", "https://meet.google.com/first");
    expect(await mails()).toEqual([skipped]);
    await show(null, null);
    await settle("undone");
    await takeUp();
    await show("scheduled", "https://meet.google.com/second");
    expect(await mails()).toEqual([skipped, skipped]);
    await settle("applied");
    await show("scheduled", "https://meet.google.com/third");
    expect(await mails()).toEqual([skipped, skipped, { state: "planned" }]);
  });
});

describe("an undo", () => {
  it("wants something to undo, and words it understands", async () => {
    await expect(run("--undo")).rejects.toThrow("nothing to undo");
    await expect(run("7")).rejects.toThrow("backfill --undo 7");
    await expect(run("--undo", "x")).rejects.toThrow("not the number of a backfill");
    await expect(run("--undo", "77777")).rejects.toThrow("There is no backfill 77777");
  });

  it("tells what it would do and why others stay, and asks for each booking once", async () => {
    const consultantId = await connectedConsultant();
    const ids = await Promise.all([1, 2, 3].map(() => insertOld({ consultantId })));
    await plan();
    await calendarsSay(ids.map((bookingId) => ({ bookingId, action: "create" })));
    await run("--yes", "--no-wait");
    await database.sql("update public.bookings set title = 'Changed' where id = $1", [ids[0]]);
    await database.sql("update public.bookings set pipeline_status = 'captured' where id = $1", [ids[1]]);
    await database.sql("truncate private.outbox");
    const shown = await run("--undo");
    expect(shown.report).toMatchObject({ applied: false, undo: 1 });
    expect(shown.lines.join("\n")).toMatch(/1 stay: their platform has changed[\s\S]*1 stay: their meeting/);
    expect(await kinds()).toEqual([]);
    expect((await run("--undo", "--yes", "--no-wait")).report).toMatchObject({ queued: 1 });
    expect((await run("--undo", "--yes", "--no-wait")).report).toMatchObject({ queued: 0 });
    expect((await run("--undo", "--include-changed", "--yes", "--no-wait")).report).toMatchObject({ queued: 1 });
    expect(await kinds()).toEqual(["booking.backfill_undo", "booking.backfill_undo"]);
  });
});
