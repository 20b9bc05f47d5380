import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TestConsultant } from "#testing/google-workspace.ts";
import { openStage, type Stage } from "./testing/stage.ts";

let stage: Stage;
let ada: TestConsultant;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.stop());
beforeEach(async () => {
  await stage.reset();
  ada = await stage.consultant();
});

/** A booking of a service with this policy, with its event in the calendar. */
async function scheduled(calendarEdits: string) {
  const [service] = await stage.database.sql<{ id: string }>(
    "insert into public.services (id, name, meeting_settings) values (gen_random_uuid(), 'Call', $1) returning id",
    [{ calendarEdits }],
  );
  const id = await stage.book(ada, { serviceId: service!.id });
  await stage.deliver(id);
  return { id, eventId: `${id.replaceAll("-", "")}00`, link: (await stage.row(id)).meeting_link };
}

const moved = {
  start: { dateTime: "2030-05-06T14:00:00Z", timeZone: "Europe/Berlin" },
  end: { dateTime: "2030-05-06T15:30:00Z", timeZone: "Europe/Berlin" },
};
const edit = (eventId: string, change: object) => stage.google.calendar.edit(ada.email, eventId, change);
const timesOf = async (id: string) => {
  const [row] = await stage.database.sql<{ starts_at: Date; ends_at: Date }>(
    "select starts_at, ends_at from public.bookings where id = $1",
    [id],
  );
  return [row!.starts_at.toISOString(), row!.ends_at.toISOString()];
};
const eventTimes = (id: string) =>
  stage.liveEvents(id).map(({ startsAt, endsAt }) => [startsAt.toISOString(), endsAt.toISOString()]);
const BOOKED = ["2030-05-06T10:00:00.000Z", "2030-05-06T11:00:00.000Z"];
const MOVED = ["2030-05-06T14:00:00.000Z", "2030-05-06T15:30:00.000Z"];
/** Delivers until nothing is left to do; more than a few times would be a loop between the two sides. */
async function settle(id: string) {
  for (let pass = 0; pass < 3; pass += 1) await stage.deliver(id);
  const before = stage.calls().calendar;
  const writes = () =>
    ["events.insert", "events.patch", "events.delete"].map((name) => stage.google.calendar.calls.count(name));
  const written = writes();
  await stage.deliver(id);
  expect(writes()).toEqual(written);
  expect(stage.calls().calendar - before).toBeLessThanOrEqual(1);
}

describe("an event that the consultant moved by hand", () => {
  it("is followed by the booking, which keeps its link; the customer is told once", async () => {
    const { id, eventId, link } = await scheduled("follow");
    edit(eventId, moved);
    await settle(id);
    expect([await timesOf(id), eventTimes(id)]).toEqual([MOVED, [MOVED]]);
    expect(await stage.row(id)).toMatchObject({ pipeline_status: "scheduled", meeting_link: link, revision: 2 });
    const announced = await stage.database.sql(
      "select 1 from private.outbox where data ->> 'bookingId' = $1 and attributes ->> 'kind' = 'booking.changed'",
      [id],
    );
    expect(announced).toHaveLength(2);
  });

  it("is moved back when the booking rules", async () => {
    const { id, eventId, link } = await scheduled("revert");
    edit(eventId, moved);
    await settle(id);
    expect([await timesOf(id), eventTimes(id)]).toEqual([BOOKED, [BOOKED]]);
    expect(await stage.row(id)).toMatchObject({ pipeline_status: "scheduled", meeting_link: link });
  });

  it("waits for a person, who reads what was done; both ways out end it", async () => {
    for (const wayOut of ["the booking moves", "the event moves back"]) {
      const { id, eventId } = await scheduled("ask");
      edit(eventId, moved);
      await settle(id);
      expect(await stage.row(id)).toMatchObject({
        pipeline_status: "held",
        pipeline_reason: expect.stringContaining("moved in Google Calendar to 2030-05-06 16:00 (Europe/Berlin)"),
      });
      expect([await timesOf(id), eventTimes(id)]).toEqual([BOOKED, [MOVED]]);
      if (wayOut === "the booking moves") await stage.change(id, { starts_at: MOVED[0], ends_at: MOVED[1] });
      else edit(eventId, { start: { dateTime: BOOKED[0] }, end: { dateTime: BOOKED[1] } });
      await settle(id);
      expect([await timesOf(id)]).toEqual(eventTimes(id));
      expect(await stage.row(id)).toMatchObject({ pipeline_status: "scheduled", pipeline_reason: null });
    }
  });

  it("stays where the booking goes when both are moved, whatever the policy", async () => {
    for (const policy of ["follow", "revert", "ask"]) {
      const { id, eventId } = await scheduled(policy);
      edit(eventId, moved);
      await stage.change(id, { starts_at: "2030-05-07T08:00:00Z", ends_at: "2030-05-07T09:00:00Z" });
      await settle(id);
      expect([await timesOf(id)]).toEqual(eventTimes(id));
      expect((await timesOf(id))[0]).toBe("2030-05-07T08:00:00.000Z");
    }
  });

  it("is followed a second time, and then back again", async () => {
    const { id, eventId } = await scheduled("follow");
    edit(eventId, moved);
    await settle(id);
    edit(eventId, { start: { dateTime: BOOKED[0] }, end: { dateTime: BOOKED[1] } });
    await settle(id);
    expect([await timesOf(id), eventTimes(id)]).toEqual([BOOKED, [BOOKED]]);
  });
});

describe("an event that the consultant deleted by hand", () => {
  it("takes its booking with it when the booking follows", async () => {
    const { id, eventId } = await scheduled("follow");
    edit(eventId, { status: "cancelled" });
    await settle(id);
    expect(await stage.row(id)).toMatchObject({
      status: "cancelled",
      pipeline_status: "cancelled",
      meeting_link: null,
    });
    expect(stage.liveEvents(id)).toEqual([]);
  });

  it("is made again when the booking rules", async () => {
    const { id, eventId } = await scheduled("revert");
    edit(eventId, { status: "cancelled" });
    await settle(id);
    expect(eventTimes(id)).toEqual([BOOKED]);
    expect(await stage.row(id)).toMatchObject({ status: "confirmed", pipeline_status: "scheduled" });
  });

  it("waits for a person; a booking that is moved gets a new one, one that is cancelled none", async () => {
    for (const [change, live] of [
      [{ starts_at: MOVED[0], ends_at: MOVED[1] }, [MOVED]],
      [{ status: "cancelled" }, []],
    ] as const) {
      const { id, eventId } = await scheduled("ask");
      edit(eventId, { status: "cancelled" });
      await settle(id);
      expect(await stage.row(id)).toMatchObject({
        pipeline_status: "held",
        pipeline_reason: expect.stringContaining("deleted in Google Calendar"),
      });
      await stage.change(id, change);
      await settle(id);
      expect(eventTimes(id)).toEqual(live);
    }
  });
});

describe("other things that the consultant does by hand", () => {
  it.each<[string, object]>([
    ["time shown as free", { transparency: "transparent" }],
    ["one more guest", { attendees: [{ email: "grace@example.com" }, { email: "colleague@example.com" }] }],
    ["a guest who declines", { attendees: [{ email: "grace@example.com", responseStatus: "declined" }] }],
    ["other reminders", { reminders: { useDefault: false, overrides: [{ method: "popup", minutes: 5 }] } }],
  ])("stay: %s", async (_what, change) => {
    for (const policy of ["follow", "revert", "ask"]) {
      const { id, eventId } = await scheduled(policy);
      edit(eventId, change);
      await settle(id);
      expect(stage.liveEvents(id)).toEqual([expect.objectContaining(change)]);
      expect(await stage.row(id)).toMatchObject({ status: "confirmed", pipeline_status: "scheduled", revision: 1 });
    }
  });
});
