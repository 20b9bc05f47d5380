import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { BookingLease, BookingStore, ReconcileResult } from "#ports/booking-store.ts";
import { makeBookingStore } from "#supabase/booking-store.ts";
import { insertBooking, readBooking, readOutbox } from "#testing/booking-rows.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";

let database: TestDatabase;
let store: BookingStore;
let booking: string;

beforeAll(async () => {
  database = await openTestDatabase();
  store = makeBookingStore((await database.api()).service);
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.sql("truncate public.bookings, public.consultants, public.google_connections cascade");
  await database.sql(
    "truncate private.outbox, private.booking_leases, private.booking_rooms, private.booking_tombstones",
  );
  await database.sql("truncate private.effects");
  booking = await insertBooking(database.sql);
});

async function lease(id = booking): Promise<BookingLease> {
  const start = await store.begin(id, { holder: crypto.randomUUID(), leaseSeconds: 60 });
  if (start.kind !== "leased") throw new Error(start.kind);
  return start.lease;
}

const link = "https://meet.google.com/aaa-bbbb-ccc";
const held: ReconcileResult = {
  ...{ status: "scheduled", reason: null, room: null, retired: [], tokenVersion: null },
  event: { id: "e00", generation: 0, link: "https://calendar.example/e00", meetingLink: link, meetingId: "spaces/s" },
};
const without = (status: ReconcileResult["status"], reason: string | null = null): ReconcileResult => ({
  ...{ status, reason, room: null, retired: [], tokenVersion: null },
});

async function finish(result: ReconcileResult, revision: number | null = 1): Promise<string> {
  return (await store.finish(await lease(), { revision, result, effects: [] })).kind;
}

/** What time does to everything that waits. */
async function pass(interval: string): Promise<void> {
  await database.sql(`update public.bookings set pipeline_since = pipeline_since - $1::interval`, [interval]);
  await database.sql(`update private.booking_leases set requeued_at = requeued_at - $1::interval`, [interval]);
  await database.sql(`update private.booking_tombstones set deleted_at = deleted_at - $1::interval`, [interval]);
  await database.sql("update private.outbox set published_at = now() where published_at is null");
}

async function requeue(maxRequeues = 3): Promise<number> {
  const sweep = "select public.requeue_overdue_bookings(600, 100, $1) as asked";
  const [answer] = await database.sql<{ asked: number }>(sweep, [maxRequeues]);
  return answer!.asked;
}

describe("the write-back", () => {
  it("shows the event and frees the lease", async () => {
    expect(await finish(held)).toBe("written");
    expect(await readBooking(database.sql, booking)).toMatchObject({
      pipeline_status: "scheduled",
      meeting_link: link,
    });
    await lease();
  });

  it("of an older revision is refused, and the newer row given instead", async () => {
    const taken = await lease();
    await database.sql("update public.bookings set title = 'Newer'");
    const end = await store.finish(taken, { revision: 1, result: held, effects: [] });
    expect(end).toMatchObject({ kind: "changed", look: { snapshot: { booking: { title: "Newer", revision: 2 } } } });
    expect((await readBooking(database.sql, booking)).meeting_link).toBeNull();
  });

  it("under an older fencing number is refused, and only its effects are kept", async () => {
    const old = await lease();
    await database.sql("update private.booking_leases set expires_at = now() - interval '1 second'");
    await lease();
    const effect = { bookingId: booking, step: "s", effect: "calendar.insert", key: "e00", outcome: "inserted" };
    expect(await store.finish(old, { revision: 1, result: held, effects: [effect] })).toEqual({ kind: "fenced" });
    expect(await store.renew(old)).toBe(false);
    expect(await store.planRoom(old, { userId: crypto.randomUUID(), calendarId: "primary", eventId: "e" })).toBe(false);
    expect((await readBooking(database.sql, booking)).meeting_link).toBeNull();
    expect(await database.sql("select effect from private.effects")).toEqual([{ effect: "calendar.insert" }]);
    expect(await database.sql("select 1 from private.booking_rooms")).toEqual([]);
  });

  it.each(["captured", "transcribed", "analyzed"])(
    "leaves %s as it is, and tells beside it what the calendar lacks",
    async (status) => {
      const show = (reason: string | null) =>
        database.sql("update public.bookings set pipeline_status = $1, pipeline_reason = $2", [status, reason]);
      await show("Two of three recordings are done.");
      await finish(held);
      expect(await readBooking(database.sql, booking)).toMatchObject({
        ...{ pipeline_status: status, pipeline_reason: "Two of three recordings are done." },
      });
      await finish(without("needs_reconnect", "Ada has to connect Google again."));
      expect(await readBooking(database.sql, booking)).toMatchObject({
        ...{
          pipeline_status: status,
          pipeline_reason: "Calendar: Ada has to connect Google again.",
          meeting_link: link,
        },
      });
      await finish(held);
      expect((await readBooking(database.sql, booking)).pipeline_reason).toBeNull();
      await finish(without("cancelled"));
      expect((await readBooking(database.sql, booking)).pipeline_status).toBe("cancelled");
    },
  );

  it("says since when a state lasts, not when it was looked at", async () => {
    await finish(held);
    await pass("1 hour");
    const since = "select pipeline_since from public.bookings";
    const [before] = await database.sql(since);
    await finish(held);
    expect(await database.sql(since)).toEqual([before]);
  });

  it("needs no word about a row that is none of ours, and still looks whether it became ours", async () => {
    const other = await insertBooking(database.sql, { status: "pending" });
    const taken = await lease(other);
    await database.sql("update public.bookings set status = 'confirmed' where id = $1", [other]);
    const first = await store.finish(taken, { revision: 1, result: without(null), effects: [] });
    const second = await store.finish(taken, { revision: 2, result: without(null), effects: [] });
    expect([first.kind, second.kind]).toEqual(["changed", "written"]);
  });
});

describe("a lease", () => {
  it("is had by one of twenty", async () => {
    const starts = await Promise.all(
      Array.from({ length: 20 }, (_, index) => store.begin(booking, { holder: `h${index}`, leaseSeconds: 60 })),
    );
    expect(starts.map(({ kind }) => kind).toSorted()).toEqual([...Array(19).fill("busy"), "leased"]);
  });

  it("is free after it has run out, and every holder has a higher number", async () => {
    const first = await lease();
    await database.sql("update private.booking_leases set expires_at = now() - interval '1 second'");
    expect((await lease()).fencing).toBeGreaterThan(first.fencing);
  });

  it("lasts anew from each renewal", async () => {
    const held60 = await lease();
    await database.sql("update private.booking_leases set expires_at = now() + interval '1 second'");
    expect(await store.renew(held60)).toBe(true);
    const [row] = await database.sql(
      "select expires_at > now() + interval '50 seconds' as long from private.booking_leases",
    );
    expect(row).toEqual({ long: true });
  });

  it("that is given back late takes nothing from its new holder", async () => {
    const old = await lease();
    await database.sql("update private.booking_leases set expires_at = now() - interval '1 second'");
    await lease();
    await store.release(old, { reason: "an old story", effects: [] });
    expect((await store.begin(booking, { holder: "third", leaseSeconds: 60 })).kind).toBe("busy");
    expect((await readBooking(database.sql, booking)).pipeline_reason).toBeNull();
  });
});

describe("a booking that waits too long", () => {
  it("is announced again, once in a period, however often it is asked for", async () => {
    await pass("11 minutes");
    expect([await requeue(), await requeue()]).toEqual([1, 0]);
    expect((await readOutbox(database.sql, booking)).map(({ kind }) => kind)).toEqual([
      "booking.changed",
      "booking.overdue",
    ]);
    await pass("11 minutes");
    expect(await requeue()).toBe(1);
  });

  it("is left to the relay while its message is still there", async () => {
    await database.sql("update public.bookings set pipeline_since = now() - interval '1 hour'");
    expect(await requeue()).toBe(0);
  });

  it("is announced once by two sweeps at the same time", async () => {
    await pass("11 minutes");
    const [one, two] = await Promise.all([requeue(), requeue()]);
    expect(one + two).toBe(1);
  });

  it("fails after bounded rounds, saying what was wrong and what to do; a change starts the count anew", async () => {
    await pass("11 minutes");
    await store.release(await lease(), { reason: "Google Calendar is not available (503).", effects: [] });
    for (let round = 0; round < 3; round += 1) {
      expect(await requeue()).toBe(1);
      await pass("11 minutes");
    }
    expect(await requeue()).toBe(0);
    const failed = await readBooking(database.sql, booking);
    expect(failed.pipeline_status).toBe("failed");
    expect(failed.pipeline_reason).toMatch(
      /^Google Calendar is not available \(503\)\. .* 3 rounds .* change the booking/,
    );
    await database.sql("update public.bookings set title = 'Another try'");
    await pass("11 minutes");
    expect([await requeue(), (await readBooking(database.sql, booking)).pipeline_status]).toEqual([1, "pending"]);
  });

  it("is announced again when it was deleted and its message was lost", async () => {
    await database.sql("delete from public.bookings");
    await pass("11 minutes");
    expect(await requeue()).toBe(1);
    expect(await finish(without("cancelled"), null)).toBe("written");
    await pass("11 minutes");
    expect(await requeue()).toBe(0);
  });

  it("is announced again when it says reconnect and the consultant is connected, a bounded number of times", async () => {
    const user = await database.createUser();
    const [consultant] = await database.sql<{ id: string }>(
      "insert into public.consultants (user_id, name, email) values ($1, 'Ada', 'a@example.com') returning id",
      [user.id],
    );
    await database.sql("update public.bookings set consultant_id = $1", [consultant!.id]);
    await finish(without("needs_reconnect", "Connect."), 2);
    await pass("11 minutes");
    expect(await requeue()).toBe(0);
    const account = { sub: "1", email: user.email, scopes: [] };
    await database.sql("select public.connect_google($1, $2, '1//token')", [user.id, account]);
    await database.sql("update public.bookings set pipeline_status = 'needs_reconnect'");
    const asked: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      await pass("11 minutes");
      asked.push(await requeue());
    }
    expect([asked, (await readBooking(database.sql, booking)).pipeline_status]).toEqual([
      [1, 1, 1, 0, 0],
      "needs_reconnect",
    ]);
  });
});

describe("the story of a booking", () => {
  const story = async () =>
    (await database.sql<{ explain_booking: string }>("select public.explain_booking($1)", [booking])).map(
      (row) => row.explain_booking,
    );

  it("is told in sentences, from its first change to how it stands", async () => {
    const effect = {
      bookingId: booking,
      step: "process-booking",
      effect: "calendar.insert",
      key: "e00",
      outcome: "inserted",
    };
    await store.finish(await lease(), { revision: 1, result: held, effects: [effect] });
    expect(await story()).toEqual([
      expect.stringMatching(/a change was recorded \(booking\.changed, outbox row \d+\) and waits for the relay\.$/),
      expect.stringMatching(/process-booking did calendar\.insert e00: inserted\.$/),
      expect.stringMatching(/^Now: scheduled \(since /),
    ]);
  });

  it("is told of a deleted booking too", async () => {
    await database.sql("delete from public.bookings");
    expect((await story()).at(-1)).toMatch(/^Now: deleted .* still to be removed\.$/);
    await finish(without("cancelled"), null);
    expect((await story()).at(-1)).toMatch(/^Now: deleted .* dealt with\.$/);
  });
});

describe("what the functions call", () => {
  it("is closed to everybody else", async () => {
    const api = await database.api();
    const user = await database.createUser();
    for (const client of [api.anonymous, api.asUser(user)]) {
      const calls = [
        client.rpc("begin_booking_reconcile", { p_booking_id: booking, p_holder: "x", p_lease_seconds: 1 }),
        client.rpc("use_relay_nonce", { p_nonce: "x" }),
        client.rpc("explain_booking", { p_booking_id: booking }),
        client.rpc("requeue_parked_bookings", { p_user_id: user.id }),
      ];
      for (const { error } of await Promise.all(calls)) expect(error?.code).toBe("42501");
    }
  });

  it("lets the platform's own key book through the API", async () => {
    const { service } = await database.api();
    const times = { starts_at: "2030-05-06T10:00:00Z", ends_at: "2030-05-06T11:00:00Z" };
    const { data, error } = await service
      .from("bookings")
      .insert({ status: "confirmed", customer_name: "Grace", ...times })
      .select("id")
      .single();
    expect(error).toBeNull();
    expect(await readOutbox(database.sql, data!.id)).toHaveLength(1);
  });
});
