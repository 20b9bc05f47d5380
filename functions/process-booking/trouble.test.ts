import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TestConsultant } from "#testing/google-workspace.ts";
import type { FaultInput } from "../../scripts/emulators/rest/faults.ts";
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
const calendarFault = (fault: FaultInput) => stage.google.calendar.faults.add(fault);
const meetFault = (fault: FaultInput) => stage.google.meet.faults.add(fault);
/** A sweep, long after every message so far was published and lost. */
async function requeue(maxRequeues = 12): Promise<number> {
  await stage.database.sql("update private.outbox set published_at = now()");
  const sweep = "select public.requeue_overdue_bookings(-1, 100, $1) as asked";
  const [answer] = await stage.database.sql<{ asked: number }>(sweep, [maxRequeues]);
  return answer!.asked;
}

describe("a booking that no calendar can hold", () => {
  it.each<[string, Parameters<Stage["book"]>[1], RegExp]>([
    [
      "ends before its start",
      { endsAt: "2030-05-06T09:00:00Z" },
      /not after its start .* Correct starts_at and ends_at/,
    ],
    ["ends at its start", { endsAt: "2030-05-06T10:00:00Z" }, /not after its start/],
    ["has an unknown zone", { timeZone: "Mars/Olympus" }, /"Mars\/Olympus" is not a time zone/],
    ["has an offset for a zone", { timeZone: "+02:00" }, /"\+02:00" is not a time zone/],
    ["has an empty zone", { timeZone: "" }, /is not a time zone/],
    ["never begins", { startsAt: "-infinity" }, /no calendar can hold/],
    ["never ends", { endsAt: "infinity" }, /no calendar can hold/],
    ["lies beyond the years of a calendar", { endsAt: "12030-05-06T10:00:00Z" }, /no calendar can hold/],
  ])("because it %s says so, costs no call and blocks nobody", async (_what, values, reason) => {
    const [bad, good] = [await stage.book(ada, values), await stage.book(ada)];
    expect(await stage.deliver(bad)).toMatchObject({ kind: "parked" });
    expect(await stage.row(bad)).toMatchObject({
      pipeline_status: "failed",
      pipeline_reason: expect.stringMatching(reason),
    });
    expect(stage.calls()).toEqual({ calendar: 0, meet: 0 });
    await stage.deliver(good);
    expect((await stage.row(good)).pipeline_status).toBe("scheduled");
    expect(await requeue()).toBe(0);
  });

  it("goes on once it is corrected", async () => {
    const id = await stage.book(ada, { timeZone: "Mars/Olympus" });
    await stage.deliver(id);
    await stage.change(id, { time_zone: "UTC" });
    await stage.deliver(id);
    expect(await stage.row(id)).toMatchObject({ pipeline_status: "scheduled", pipeline_reason: null });
  });

  it("because of another platform is held", async () => {
    const id = await stage.book(ada, { meetingPlatform: "zoom" });
    await stage.deliver(id);
    expect(await stage.row(id)).toMatchObject({
      pipeline_status: "held",
      pipeline_reason: expect.stringContaining('"zoom"'),
    });
  });

  it("because it has no consultant says so", async () => {
    const id = await stage.book(null);
    await stage.deliver(id);
    expect(await stage.row(id)).toMatchObject({
      pipeline_status: "failed",
      pipeline_reason: expect.stringContaining("consultant_id"),
    });
  });

  it("because a host's column holds what ours may not, says which", async () => {
    await stage.database.sql("alter table public.bookings alter time_zone drop not null");
    const id = await stage.book(ada, { timeZone: null as never });
    expect(await stage.deliver(id)).toMatchObject({ kind: "parked", code: "booking_unreadable" });
    expect(await stage.row(id)).toMatchObject({
      ...{ pipeline_status: "failed", pipeline_reason: expect.stringContaining("booking.time_zone") },
    });
    await stage.database.sql("delete from public.bookings");
    await stage.database.sql("alter table public.bookings alter time_zone set not null");
  });

  it("because Google does not take the customer's address says what Google said", async () => {
    const id = await stage.book(ada, { customerEmail: "not an address" });
    await stage.deliver(id);
    expect(await stage.row(id)).toMatchObject({
      pipeline_status: "failed",
      pipeline_reason: expect.stringContaining("400"),
    });
  });

  it("with settings that are no settings is treated as having none", async () => {
    const [service] = await stage.database.sql<{ id: string }>(
      `insert into public.services (name, meeting_settings) values ('Odd', '["autoRecording", 7]') returning id`,
    );
    const id = await stage.book(ada, { serviceId: service!.id });
    await stage.deliver(id);
    expect((await stage.row(id)).pipeline_status).toBe("scheduled");
  });
});

describe("a booking that was completed", () => {
  it("after its event was made stays scheduled and costs nothing", async () => {
    const id = await stage.book(ada);
    await stage.deliver(id);
    await stage.change(id, { status: "completed" });
    expect(await stage.deliver(id)).toMatchObject({ kind: "ignored" });
    expect([(await stage.row(id)).pipeline_status, stage.calls().calendar]).toEqual(["scheduled", 1]);
  });

  it("before its event was made does not wait for ever", async () => {
    const id = await stage.book(ada);
    await stage.change(id, { status: "completed" });
    await stage.deliver(id);
    expect(await stage.row(id)).toMatchObject({
      pipeline_status: "failed",
      pipeline_reason: expect.stringContaining("completed before"),
    });
  });
});

describe("an insert", () => {
  it("whose answer is lost is found again: one event", async () => {
    const id = await stage.book(ada);
    calendarFault({ operation: "events.insert", kind: "drop_reply" });
    await expect(stage.deliver(id)).rejects.toMatchObject({ name: "RetryableError" });
    await stage.deliver(id);
    expect(stage.google.calendar.events()).toHaveLength(1);
    expect((await stage.row(id)).google_calendar_event_id).toBe(`${hexOf(id)}00`);
  });

  it.each<[string, Omit<FaultInput, "operation">]>([
    ["a page of HTML with status 200", { kind: "status", status: 200, body: "<html>sign in</html>" }],
    ["a page of HTML with status 502", { kind: "status", status: 502, body: "<html>bad gateway</html>" }],
    ["nothing at all", { kind: "status", status: 200, body: "", contentType: "application/json" }],
    ["an empty object", { kind: "status", status: 200, body: "{}", contentType: "application/json" }],
    ["JSON that is cut", { kind: "truncate", fraction: 0.5 }],
    ["a reset connection", { kind: "drop_request" }],
    ["500", { kind: "status", status: 500, reason: "backendError" }],
    ["503", { kind: "status", status: 503, reason: "backendError" }],
    ["429", { kind: "status", status: 429, reason: "rateLimitExceeded" }],
    ["403 for too many requests", { kind: "status", status: 403, reason: "userRateLimitExceeded" }],
    ["403 for the day's quota", { kind: "status", status: 403, reason: "quotaExceeded" }],
  ])("that is answered with %s is tried again, and the row says that it waits", async (_what, fault) => {
    const id = await stage.book(ada);
    calendarFault({ operation: "events.insert", ...fault });
    await expect(stage.deliver(id)).rejects.toMatchObject({ name: "RetryableError" });
    expect(await stage.row(id)).toMatchObject({
      ...{
        pipeline_status: "pending",
        pipeline_reason: expect.stringMatching(/^Not done yet, it will be tried again: Google Calendar/),
      },
    });
    await stage.deliver(id);
    expect(await stage.row(id)).toMatchObject({ pipeline_status: "scheduled", pipeline_reason: null });
    expect(stage.google.calendar.events()).toHaveLength(1);
  });

  it("that comes too often for Google says so", async () => {
    const id = await stage.book(ada);
    calendarFault({
      operation: "events.insert",
      kind: "status",
      status: 403,
      reason: "rateLimitExceeded",
      retryAfterSeconds: 30,
    });
    await expect(stage.deliver(id)).rejects.toMatchObject({ code: "google_rate_limited" });
  });

  it.each([
    [403, "forbidden", /does not allow this \(403, forbidden/],
    [404, "notFound", /does not know what we asked for/],
    [400, "invalid", /refused the request/],
  ])("that is refused for good (%s %s) is shown and not repeated", async (status, reason, words) => {
    const id = await stage.book(ada);
    calendarFault({ operation: "events.insert", kind: "status", status, reason });
    expect(await stage.deliver(id)).toMatchObject({ kind: "parked" });
    expect(await stage.row(id)).toMatchObject({
      pipeline_status: "failed",
      pipeline_reason: expect.stringMatching(words),
    });
    expect(await requeue()).toBe(0);
  });
});

describe("an id that is taken", () => {
  const foreign = {
    summary: "Somebody else's",
    start: { dateTime: "2030-05-06T10:00:00Z" },
    end: { dateTime: "2030-05-06T11:00:00Z" },
  };

  async function occupy(id: string): Promise<void> {
    const token = stage.google.oauth.userAccessToken(ada.email, ["https://www.googleapis.com/auth/calendar.events"]);
    const answer = await fetch(`${stage.google.calendar.url}/calendar/v3/calendars/primary/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ id, ...foreign }),
    });
    expect(answer.status).toBe(200);
  }

  it("by an event without our mark is left alone, also when the booking is called off", async () => {
    const id = await stage.book(ada);
    await occupy(`${hexOf(id)}00`);
    await stage.deliver(id);
    expect((await stage.row(id)).google_calendar_event_id).toBe(`${hexOf(id)}01`);
    await stage.change(id, { status: "cancelled" });
    await stage.deliver(id);
    expect([stage.liveEvents(id), (await stage.row(id)).pipeline_status]).toEqual([[], "cancelled"]);
    const [survivor] = stage.google.calendar.events(ada.email).filter(({ status }) => status !== "cancelled");
    expect(survivor?.summary).toBe("Somebody else's");
  });

  it("by our own earlier event is adopted and brought up to date", async () => {
    const id = await stage.book(ada);
    calendarFault({ operation: "events.insert", kind: "drop_reply" });
    await stage.deliver(id).catch(() => undefined);
    await stage.change(id, { title: "Renamed meanwhile" });
    await stage.deliver(id);
    expect(stage.liveEvents(id)).toMatchObject([{ id: `${hexOf(id)}00`, summary: "Renamed meanwhile" }]);
  });
});

describe("an event that is deleted by hand", () => {
  it("is made anew under the next id, and the row shows no dead link meanwhile", async () => {
    const id = await stage.book(ada);
    await stage.deliver(id);
    stage.google.calendar.edit(ada.email, `${hexOf(id)}00`, { status: "cancelled" });
    stage.google.calendar.planConferences({ pendingReads: 100 });
    await stage.deliver(id);
    expect(await stage.row(id)).toMatchObject({
      ...{
        google_calendar_event_id: `${hexOf(id)}01`,
        meeting_link: null,
        meeting_id: null,
        pipeline_status: "pending",
      },
    });
    expect([stage.liveEvents(id).length, stage.google.calendar.calls.count("events.insert")]).toEqual([1, 2]);
  });
});

describe("a Meet link", () => {
  it("that takes a moment is waited for", async () => {
    stage.google.calendar.planConferences({ pendingReads: 2 });
    const id = await stage.book(ada);
    await stage.deliver(id);
    expect([(await stage.row(id)).pipeline_status, stage.calls()]).toEqual(["scheduled", { calendar: 3, meet: 1 }]);
  });

  it("that takes long is fetched by a later message, from the same conference", async () => {
    stage.google.calendar.planConferences({ pendingReads: 8 });
    const id = await stage.book(ada);
    await stage.deliver(id);
    expect(await stage.row(id)).toMatchObject({
      ...{ pipeline_status: "pending", google_calendar_event_id: `${hexOf(id)}00`, meeting_link: null },
      pipeline_reason: expect.stringContaining("still making its Meet link"),
    });
    expect(await requeue()).toBe(1);
    await stage.deliver(id);
    expect(await stage.row(id)).toMatchObject({ pipeline_status: "scheduled", pipeline_reason: null });
    expect(stage.google.calendar.events()).toHaveLength(1);
  });

  it("that never comes ends as failed after bounded rounds", async () => {
    stage.google.calendar.planConferences({ pendingReads: 10_000 });
    const id = await stage.book(ada);
    await stage.deliver(id);
    for (let round = 0; round < 3; round += 1) {
      expect(await requeue(3)).toBe(1);
      await stage.deliver(id);
    }
    expect(await requeue(3)).toBe(0);
    expect(await stage.row(id)).toMatchObject({
      ...{ pipeline_status: "failed", pipeline_reason: expect.stringMatching(/Meet link.* in 3 rounds of retries/) },
    });
  });

  it("that Google could not make is shown with what to check", async () => {
    stage.google.calendar.planConferences({ fail: true });
    const id = await stage.book(ada);
    expect(await stage.deliver(id)).toMatchObject({ kind: "parked", code: "no_meet_link" });
    expect(await stage.row(id)).toMatchObject({
      ...{ pipeline_status: "failed", google_calendar_event_id: `${hexOf(id)}00` },
      pipeline_reason: expect.stringContaining("Google made no Meet link"),
    });
  });
});

describe("a Meet space", () => {
  it("is asked for again when the event's link is another one than we knew", async () => {
    const id = await stage.book(ada);
    await stage.deliver(id);
    const { meeting_id: real } = await stage.row(id);
    await stage.database.sql(
      "update private.booking_rooms set meeting_code = 'old-code-xyz', space_name = 'spaces/old'",
    );
    await stage.deliver(id);
    expect((await stage.row(id)).meeting_id).toBe(real);
    expect(await stage.database.sql("select space_name from private.booking_rooms")).toEqual([{ space_name: real }]);
  });

  it("that cannot be asked for at the moment leaves the link on the row and is asked for again", async () => {
    const id = await stage.book(ada);
    meetFault({ operation: "spaces.get", kind: "status", status: 403, reason: "rateLimitExceeded" });
    await expect(stage.deliver(id)).rejects.toMatchObject({ name: "RetryableError" });
    expect(await stage.row(id)).toMatchObject({
      ...{ pipeline_status: "pending", meeting_link: expect.stringContaining("https://meet"), meeting_id: null },
    });
    await stage.deliver(id);
    expect(await stage.row(id)).toMatchObject({
      pipeline_status: "scheduled",
      meeting_id: expect.stringMatching(/^spaces\//),
    });
  });

  it("that may not be asked for leaves the link on the row, with the reason", async () => {
    const id = await stage.book(ada);
    meetFault({ operation: "spaces.get", kind: "status", status: 403, reason: "forbidden" });
    await stage.deliver(id);
    expect(await stage.row(id)).toMatchObject({
      ...{ pipeline_status: "failed", meeting_link: expect.stringContaining("https://meet") },
      pipeline_reason: expect.stringContaining("recordings of the meeting cannot be found"),
    });
  });

  it("that cannot be recorded by itself is a meeting all the same", async () => {
    const [service] = await stage.database.sql<{ id: string }>(
      `insert into public.services (name, meeting_settings) values ('Recorded', '{"autoRecording": true}') returning id`,
    );
    const id = await stage.book(ada, { serviceId: service!.id });
    meetFault({ operation: "spaces.patch", kind: "status", status: 403, reason: "forbidden" });
    await stage.deliver(id);
    expect(await stage.row(id)).toMatchObject({
      ...{ pipeline_status: "scheduled", meeting_id: expect.stringMatching(/^spaces\//) },
      pipeline_reason: expect.stringContaining("recording will not start by itself"),
    });
  });
});

describe("one calendar's trouble", () => {
  it("keeps neither the new event from the row nor the old one alive for long", async () => {
    const bob = await stage.consultant("Bob");
    const id = await stage.book(ada);
    await stage.deliver(id);
    await stage.change(id, { consultant_id: bob.id });
    calendarFault({ operation: "events.delete", kind: "status", status: 403, reason: "rateLimitExceeded" });
    await expect(stage.deliver(id)).rejects.toMatchObject({ name: "RetryableError" });
    expect(await stage.row(id)).toMatchObject({
      pipeline_status: "scheduled",
      google_calendar_event_id: `${hexOf(id)}01`,
    });
    await stage.deliver(id);
    expect([stage.liveEvents(id, ada.email), stage.liveEvents(id, bob.email).length]).toEqual([[], 1]);
  });

  it("that is over only for us is told on a cancelled booking", async () => {
    const id = await stage.book(ada);
    await stage.deliver(id);
    await stage.change(id, { status: "cancelled" });
    calendarFault({ operation: "events.get", kind: "status", status: 403, reason: "forbidden" });
    await stage.deliver(id);
    expect(await stage.row(id)).toMatchObject({
      ...{ pipeline_status: "cancelled", pipeline_reason: expect.stringContaining("could not be removed") },
    });
  });
});
