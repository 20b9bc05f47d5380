import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TestConsultant } from "#testing/google-workspace.ts";
import { openStage, type Stage } from "./testing/stage.ts";

let stage: Stage;
let ada: TestConsultant;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  await stage.reset();
  ada = await stage.consultant("Ada");
});

const hexOf = (bookingId: string) => bookingId.replaceAll("-", "");

async function scheduled(values: Parameters<Stage["book"]>[1] = {}): Promise<string> {
  const id = await stage.book(ada, values);
  await stage.deliver(id);
  expect((await stage.row(id)).pipeline_status).toBe("scheduled");
  return id;
}

describe("a confirmed booking", () => {
  it("gets its event, its link and its space, and the row shows them", async () => {
    const id = await stage.book(ada);
    expect(await stage.deliver(id)).toMatchObject({ kind: "done" });
    const [event] = stage.liveEvents(id, ada.email);
    expect(event).toMatchObject({
      id: `${hexOf(id)}00`,
      summary: "Strategy call",
      description: "Ada and Grace Hopper",
      start: { dateTime: "2030-05-06T10:00:00.000Z", timeZone: "Europe/Berlin" },
      end: { dateTime: "2030-05-06T11:00:00.000Z", timeZone: "Europe/Berlin" },
      attendees: [{ email: "grace@example.com", displayName: "Grace Hopper" }],
    });
    expect(await stage.row(id)).toMatchObject({
      google_calendar_event_id: event?.id,
      google_calendar_link: expect.stringMatching(/^https:\/\//),
      meeting_link: event?.conference?.meetingUri,
      meeting_id: event?.conference?.spaceName,
      pipeline_status: "scheduled",
      pipeline_reason: null,
      revision: 1,
    });
  });

  it("costs one Calendar call and one Meet call", async () => {
    await scheduled();
    expect(stage.calls()).toEqual({ calendar: 1, meet: 1 });
  });

  it("costs one Meet call more when its service wants a recording, which is then requested", async () => {
    const [service] = await stage.database.sql<{ id: string }>(
      `insert into public.services (name, meeting_settings) values ('Consulting', '{"autoRecording": true}') returning id`,
    );
    const id = await scheduled({ serviceId: service?.id ?? null, title: null });
    expect(stage.calls()).toEqual({ calendar: 1, meet: 2 });
    const [event] = stage.liveEvents(id);
    expect(event?.summary).toBe("Consulting with Grace Hopper");
    expect(JSON.stringify(stage.google.meet.state.space(event?.conference?.spaceName ?? ""))).toContain("ON");
  });

  it("is left as it is by a second, a third and a late message", async () => {
    const id = await scheduled();
    const before = await stage.row(id);
    for (let copy = 0; copy < 3; copy += 1) await stage.deliver(id);
    expect(await stage.row(id)).toEqual(before);
    expect(stage.google.calendar.events()).toHaveLength(1);
    // Each looked once and changed nothing.
    expect(stage.calls()).toEqual({ calendar: 4, meet: 1 });
  });

  it("has no guest when the customer gave no address", async () => {
    const id = await scheduled({ customerEmail: " " });
    expect(stage.liveEvents(id)[0]?.attendees ?? []).toEqual([]);
  });

  it("shows a title of 10,000 characters as far as a calendar can, and says so", async () => {
    const id = await scheduled({ title: "𝔘".repeat(10_000) });
    expect(Array.from(stage.liveEvents(id)[0]?.summary ?? "")).toHaveLength(1_024);
    expect((await stage.row(id)).pipeline_reason).toContain("10000 characters");
  });

  it("survives a name of 10,000 characters", async () => {
    await scheduled({ customerName: "N".repeat(10_000), title: null });
  });

  it("is in the ledger with every effect it had", async () => {
    const id = await scheduled();
    const effects = await stage.database.sql("select effect, outcome from private.effects where booking_id = $1", [id]);
    expect(effects).toEqual([
      { effect: "calendar.insert", outcome: "inserted" },
      { effect: "meet.space", outcome: "found" },
    ]);
  });
});

describe("a changed booking", () => {
  it.each([
    ["moved", { starts_at: "2030-05-07T08:00:00Z", ends_at: "2030-05-07T09:00:00Z" }, { sequence: 1 }],
    ["shortened", { ends_at: "2030-05-06T10:30:00Z" }, { end: { dateTime: "2030-05-06T10:30:00.000Z" } }],
    ["put in another zone", { time_zone: "Asia/Tokyo" }, { start: { timeZone: "Asia/Tokyo" } }],
    ["retitled", { title: "Follow-up" }, { summary: "Follow-up" }],
  ])("that was %s keeps its event and its link", async (_what, columns, expected) => {
    const id = await scheduled();
    const before = await stage.row(id);
    await stage.change(id, columns);
    await stage.deliver(id);
    const [event, ...others] = stage.liveEvents(id);
    expect(event).toMatchObject(expected);
    expect(others).toEqual([]);
    const { meeting_link, meeting_id, google_calendar_event_id } = before;
    expect(await stage.row(id)).toMatchObject({
      ...{ meeting_link, meeting_id, google_calendar_event_id },
      ...{ pipeline_status: "scheduled", revision: 2 },
    });
    expect(stage.google.calendar.calls.count("events.patch")).toBe(1);
  });

  it("of another customer invites them instead, and leaves the consultant's own guests and their answers", async () => {
    const id = await scheduled();
    const [event] = stage.liveEvents(id);
    stage.google.calendar.edit(ada.email, event!.id, {
      attendees: [
        { email: "grace@example.com", responseStatus: "accepted" },
        { email: "colleague@consult.example", responseStatus: "tentative", optional: true },
      ],
    });
    await stage.change(id, { customer_email: "lovelace@example.com", customer_name: "Countess" });
    await stage.deliver(id);
    expect(stage.liveEvents(id)[0]?.attendees).toEqual([
      { email: "colleague@consult.example", responseStatus: "tentative", optional: true },
      { email: "lovelace@example.com", displayName: "Countess" },
    ]);
    expect(stage.liveEvents(id)[0]?.extendedProperties?.private).toEqual({
      bookingId: id,
      guestEmail: "lovelace@example.com",
    });
  });

  it("whose event the consultant has edited keeps what is the consultant's", async () => {
    const id = await scheduled();
    const [event] = stage.liveEvents(id);
    stage.google.calendar.edit(ada.email, event!.id, { location: "Room 4", transparency: "transparent" });
    await stage.change(id, { title: "Renamed" });
    await stage.deliver(id);
    expect(stage.liveEvents(id)[0]).toMatchObject({
      ...{ location: "Room 4", transparency: "transparent", summary: "Renamed" },
    });
  });

  it("merges into an event that the consultant edits at the same moment", async () => {
    const id = await scheduled();
    const [event] = stage.liveEvents(id);
    await stage.change(id, { title: "Renamed" });
    let edits = 0;
    await stage.deliver(id, {
      around: ({ calendar, ...others }) => ({
        ...others,
        calendar: {
          ...calendar,
          patch: (at, target) => {
            if (edits++ < 2) stage.google.calendar.edit(ada.email, event!.id, { location: `Room ${edits}` });
            return calendar.patch(at, target);
          },
        },
      }),
    });
    expect(stage.liveEvents(id)[0]).toMatchObject({ location: "Room 2", summary: "Renamed" });
    expect(stage.google.calendar.calls.list("events.patch").map(({ status }) => status)).toEqual([412, 412, 200]);
  });

  it("gives way to an event that is edited all the time, and comes back", async () => {
    const id = await scheduled();
    await stage.change(id, { title: "Renamed" });
    stage.google.calendar.faults.add({
      ...{ operation: "events.patch", kind: "status", status: 412, reason: "conditionNotMet", times: 3 },
    });
    await expect(stage.deliver(id)).rejects.toMatchObject({ code: "event_busy" });
    expect((await stage.row(id)).pipeline_reason).toMatch(/edited in Google at this moment/);
    await stage.deliver(id);
    expect(await stage.row(id)).toMatchObject({ pipeline_status: "scheduled", pipeline_reason: null });
  });
});

describe("a booking that is called off", () => {
  it.each(["cancelled", "declined", "pending"])("to %s loses its event and its link", async (status) => {
    const id = await scheduled();
    await stage.change(id, { status });
    await stage.deliver(id);
    expect(stage.liveEvents(id)).toEqual([]);
    expect(await stage.row(id)).toMatchObject({
      ...{ pipeline_status: "cancelled", pipeline_reason: null, calendar_generation: 1 },
      ...{ google_calendar_event_id: null, google_calendar_link: null, meeting_link: null, meeting_id: null },
    });
    const again = await stage.deliver(id);
    expect([again.kind, stage.google.calendar.calls.count("events.delete")]).toEqual(["done", 1]);
  });

  it("before its event was made, costs no call at all", async () => {
    const id = await stage.book(ada);
    await stage.change(id, { status: "cancelled" });
    await stage.deliver(id);
    expect([(await stage.row(id)).pipeline_status, stage.calls()]).toEqual(["cancelled", { calendar: 0, meet: 0 }]);
  });

  it("and deleted, loses its event all the same", async () => {
    const id = await scheduled();
    await stage.database.sql("delete from public.bookings where id = $1", [id]);
    await stage.deliver(id);
    expect(stage.liveEvents(id)).toEqual([]);
    expect(await stage.database.sql("select done_at is not null as done from private.booking_tombstones")).toEqual([
      { done: true },
    ]);
  });

  it("whose event the consultant had deleted already is done", async () => {
    const id = await scheduled();
    stage.google.calendar.edit(ada.email, `${hexOf(id)}00`, { status: "cancelled" });
    await stage.change(id, { status: "cancelled" });
    expect(await stage.deliver(id)).toMatchObject({ kind: "done" });
    expect(stage.google.calendar.calls.count("events.delete")).toBe(0);
  });

  it("and confirmed again gets an event of its own, never the deleted one's id", async () => {
    const id = await scheduled();
    const { meeting_link: first } = await stage.row(id);
    await stage.change(id, { status: "cancelled" });
    await stage.deliver(id);
    await stage.change(id, { status: "confirmed" });
    await stage.deliver(id);
    const row = await stage.row(id);
    expect(row).toMatchObject({ google_calendar_event_id: `${hexOf(id)}01`, calendar_generation: 1 });
    expect(row.meeting_link).not.toBe(first);
    expect(stage.liveEvents(id)).toHaveLength(1);
  });

  it("and confirmed again before anybody looked keeps its event", async () => {
    const id = await scheduled();
    await stage.change(id, { status: "cancelled" });
    await stage.change(id, { status: "confirmed" });
    await stage.deliver(id);
    await stage.deliver(id);
    expect((await stage.row(id)).google_calendar_event_id).toBe(`${hexOf(id)}00`);
  });
});

describe("a booking of another consultant", () => {
  it("moves to the new calendar with an id of its own, and leaves the old one", async () => {
    const bob = await stage.consultant("Bob");
    const id = await scheduled();
    await stage.change(id, { consultant_id: bob.id });
    await stage.deliver(id);
    expect([stage.liveEvents(id, ada.email), stage.liveEvents(id, bob.email).length]).toEqual([[], 1]);
    expect(await stage.row(id)).toMatchObject({
      ...{ google_calendar_event_id: `${hexOf(id)}01`, calendar_generation: 1, pipeline_status: "scheduled" },
    });
    await stage.change(id, { consultant_id: ada.id });
    await stage.deliver(id);
    expect([stage.liveEvents(id, ada.email).length, stage.liveEvents(id, bob.email)]).toEqual([1, []]);
  });

  it("who is not connected leaves the old calendar and waits, without a link that is nobody's", async () => {
    const bob = await stage.consultant("Bob", { connected: false });
    const id = await scheduled();
    await stage.change(id, { consultant_id: bob.id });
    expect(await stage.deliver(id)).toMatchObject({ kind: "parked", code: "needs_reconnect" });
    expect(stage.liveEvents(id)).toEqual([]);
    expect(await stage.row(id)).toMatchObject({
      ...{ pipeline_status: "needs_reconnect", google_calendar_event_id: null, meeting_link: null },
      pipeline_reason: expect.stringMatching(/^Bob has not connected Google/),
    });
  });

  it("is made although the old consultant's access is gone, and the row says what is left behind", async () => {
    const bob = await stage.consultant("Bob");
    const id = await scheduled();
    await stage.database.sql("select public.disconnect_google($1)", [ada.userId]);
    await stage.change(id, { consultant_id: bob.id });
    await stage.deliver(id);
    expect(await stage.row(id)).toMatchObject({
      ...{ pipeline_status: "scheduled", google_calendar_event_id: `${hexOf(id)}01` },
      pipeline_reason: expect.stringContaining("An earlier calendar event could not be removed"),
    });
    expect([stage.liveEvents(id, ada.email).length, stage.liveEvents(id, bob.email).length]).toEqual([1, 1]);
  });

  it("never sees another consultant's token, however many are served at once", async () => {
    const others = await Promise.all(["Bob", "Cyd", "Dee"].map((name) => stage.consultant(name)));
    const everyone = [ada, ...others];
    const ids = await Promise.all(everyone.map((consultant) => stage.book(consultant)));
    await Promise.all(ids.map((id) => stage.deliver(id)));
    for (const [index, id] of ids.entries()) {
      expect(stage.liveEvents(id).map(({ calendarId }) => calendarId)).toEqual([everyone[index]?.email]);
    }
    const callers = stage.google.calendar.calls.list().map(({ principal }) => principal);
    expect(callers.toSorted()).toEqual(everyone.map(({ email }) => email).toSorted());
  });
});
