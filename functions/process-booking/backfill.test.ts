import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connectGoogle, type TestConsultant } from "#testing/google-workspace.ts";
import {
  applyBackfill,
  bookFromBefore,
  EVENT_ID,
  itemOf,
  planBackfill,
  typeEvent,
  undoBackfill,
} from "./testing/backfill.ts";
import { killedAt } from "./testing/killed-process.ts";
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

/** What a person sees of the event, without what Google changes with each write. */
const typedEvent = () => {
  const found = stage.google.calendar.events(ada.email).find(({ id }) => id === EVENT_ID)!;
  const { etag: _etag, updated: _updated, extendedProperties: _marks, ...event } = found;
  return event;
};
const marks = () =>
  stage.google.calendar.events(ada.email).find(({ id }) => id === EVENT_ID)?.extendedProperties?.private ?? {};
const mails = () => stage.database.sql<{ state: string }>("select state from private.messages");

/** An event that is adopted once its booking is delivered. */
async function confirmed(change: Parameters<typeof typeEvent>[2] = {}) {
  const bookingId = await bookFromBefore(stage, ada);
  await typeEvent(stage, ada, change);
  const backfillId = await planBackfill(stage, ada);
  expect(await itemOf(stage, bookingId)).toMatchObject({ action: "adopt", event_id: EVENT_ID, decision: null });
  await applyBackfill(stage, backfillId);
  return { bookingId, backfillId };
}

describe("a booking from before the migrations", () => {
  it("is none of a late message's business", async () => {
    const id = await bookFromBefore(stage, ada);
    expect(await stage.deliver(id)).toMatchObject({ kind: "ignored" });
    expect(await stage.row(id)).toMatchObject({ pipeline_status: null, google_calendar_event_id: null });
    expect(stage.google.calendar.events()).toEqual([]);
  });

  it("is not made an event for when its calendar cannot be read", async () => {
    const id = await bookFromBefore(stage, ada);
    stage.google.calendar.faults.add({ operation: "events.list", kind: "status", status: 403, reason: "forbidden" });
    const backfillId = await planBackfill(stage, ada);
    await applyBackfill(stage, backfillId);
    expect(await itemOf(stage, id)).toMatchObject({ action: "conflict", reason: "calendar_unread", state: "planned" });
  });

  it("of a consultant whose access has ended is skipped, and one of no plan is not looked at", async () => {
    const id = await bookFromBefore(stage, ada);
    stage.google.oauth.revokeAccess(ada.email);
    const backfillId = await planBackfill(stage, ada);
    expect(await itemOf(stage, id)).toMatchObject({ action: "skip", reason: "not_connected" });
    expect(await stage.readCalendar({ backfillId: backfillId + 1, userId: ada.userId })).toMatchObject({
      kind: "ignored",
    });
  });
});

describe("an event typed by hand, once confirmed", () => {
  it("gets our marks and a Meet link and is else left in the consultant's words", async () => {
    const { bookingId } = await confirmed();
    const before = typedEvent();
    expect(await stage.deliver(bookingId)).toMatchObject({ kind: "done" });
    const { conference, ...event } = typedEvent();
    expect({ ...event, conference: null }).toEqual(before);
    expect(marks()).toEqual({ bookingId, guestEmail: "grace@example.com" });
    expect(await stage.row(bookingId)).toMatchObject({
      ...{ pipeline_status: "scheduled", google_calendar_event_id: EVENT_ID, meeting_link: conference?.meetingUri },
    });
    expect(await itemOf(stage, bookingId)).toMatchObject({ state: "applied" });
    expect(stage.google.calendar.events()).toHaveLength(1);
    expect(await mails()).toEqual([{ state: "skipped" }]);
  });

  it("keeps the Meet link it has", async () => {
    const { bookingId } = await confirmed({ conferenceData: { createRequest: { requestId: "own" } } });
    const before = typedEvent();
    await stage.deliver(bookingId);
    expect(typedEvent()).toEqual(before);
    expect((await stage.row(bookingId)).meeting_link).toBe(before.conference?.meetingUri);
  });

  it("follows its booking later, title and description aside", async () => {
    const { bookingId } = await confirmed();
    await stage.deliver(bookingId);
    await stage.change(bookingId, { starts_at: "2030-05-06T09:00:00Z", title: "Another title" });
    await stage.deliver(bookingId);
    expect(typedEvent()).toMatchObject({ summary: "Grace, finally", start: { dateTime: "2030-05-06T09:00:00.000Z" } });
    await stage.change(bookingId, { status: "cancelled" });
    await stage.deliver(bookingId);
    expect(stage.liveEvents(bookingId)).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["was moved", { end: { dateTime: "2030-05-06T11:30:00Z" } }, "other_times"],
    ["lost its guest", { attendees: [] }, "customer_not_invited"],
    ["was taken by another booking", { extendedProperties: { private: { bookingId: "other" } } }, "other_booking"],
    ["was deleted", { status: "cancelled" }, "gone"],
  ])("is not touched when it %s meanwhile, and its booking is as before", async (_what, change, note) => {
    const { bookingId } = await confirmed();
    stage.google.calendar.edit(ada.email, EVENT_ID, change);
    const before = stage.google.calendar.events();
    await stage.deliver(bookingId);
    expect(stage.google.calendar.events()).toEqual(before);
    expect(await stage.row(bookingId)).toMatchObject({
      pipeline_status: null,
      pipeline_reason: null,
      meeting_link: null,
    });
    expect(await itemOf(stage, bookingId)).toMatchObject({ state: "refused", note });
  });

  it("is read again when somebody edits it at the same moment", async () => {
    const { bookingId } = await confirmed();
    let edits = 0;
    const editing = {
      around: (adapters: Parameters<NonNullable<NonNullable<Parameters<Stage["deliver"]>[1]>["around"]>>[0]) => ({
        ...adapters,
        calendar: {
          ...adapters.calendar,
          get: async (...parameters: Parameters<typeof adapters.calendar.get>) => {
            const event = await adapters.calendar.get(...parameters);
            if (edits++ === 0) stage.google.calendar.edit(ada.email, EVENT_ID, { summary: "Edited meanwhile" });
            return event;
          },
        },
      }),
    };
    await stage.deliver(bookingId, editing);
    expect(typedEvent().summary).toBe("Edited meanwhile");
    expect((await stage.row(bookingId)).pipeline_status).toBe("scheduled");
  });

  it("is replaced by a new one when the booking was moved before the adoption: the platform's word counts", async () => {
    const { bookingId } = await confirmed();
    await stage.change(bookingId, { starts_at: "2030-05-06T09:00:00Z" });
    const before = typedEvent();
    await stage.deliver(bookingId);
    expect(typedEvent()).toEqual(before);
    expect((await stage.row(bookingId)).pipeline_status).toBe("scheduled");
    expect(stage.liveEvents(bookingId)).toMatchObject([{ start: { dateTime: "2030-05-06T09:00:00.000Z" } }]);
  });
});

describe("an undo", () => {
  it("removes an event that the backfill made, and the row is as it was", async () => {
    const bookingId = await bookFromBefore(stage, ada);
    await stage.database.sql(
      "update public.bookings set meeting_link = 'https://old.example', google_calendar_event_id = 'old' where id = $1",
      [bookingId],
    );
    const before = await stage.row(bookingId);
    const backfillId = await planBackfill(stage, ada);
    await applyBackfill(stage, backfillId);
    await stage.deliver(bookingId);
    expect((await stage.row(bookingId)).google_calendar_event_id).toMatch(/00$/);
    expect(await undoBackfill(stage, backfillId)).toBe(1);
    await stage.deliver(bookingId);
    expect(await stage.row(bookingId)).toEqual(before);
    expect(stage.liveEvents(bookingId)).toEqual([]);
    expect(await undoBackfill(stage, backfillId)).toBe(0);
    await stage.deliver(bookingId);
    expect(await stage.row(bookingId)).toEqual(before);
  });

  it.each([
    ["without a Meet link", {}],
    ["with a Meet link", { conferenceData: { createRequest: { requestId: "own" } } }],
  ])("gives an adopted event %s back as it was typed, and it can be adopted again", async (_what, typed) => {
    const { bookingId, backfillId } = await confirmed(typed);
    const before = typedEvent();
    for (const id of [backfillId, backfillId + 1]) {
      await stage.deliver(bookingId);
      const row = await stage.row(bookingId);
      expect([row.pipeline_status, row.google_calendar_event_id]).toEqual(["scheduled", EVENT_ID]);
      expect(row.meeting_link).not.toBeNull();
      await undoBackfill(stage, id);
      await stage.deliver(bookingId);
      expect([typedEvent(), marks()]).toEqual([before, {}]);
      expect(await stage.row(bookingId)).toMatchObject({ pipeline_status: null, google_calendar_event_id: null });
      expect(await planBackfill(stage, ada)).toBe(id + 1);
      expect(await itemOf(stage, bookingId)).toMatchObject({ action: "adopt", decision: null });
      await applyBackfill(stage, id + 1);
    }
    expect((await mails()).every(({ state }) => state === "skipped")).toBe(true);
  });

  it("stops the recording that adopting had asked of a room that stays", async () => {
    const [service] = await stage.database.sql<{ id: string }>(
      `insert into public.services (name, meeting_settings) values ('Consulting', '{"autoRecording": true}') returning id`,
    );
    const bookingId = await bookFromBefore(stage, ada, { serviceId: service!.id });
    await typeEvent(stage, ada, { conferenceData: { createRequest: { requestId: "own" } } });
    const backfillId = await planBackfill(stage, ada);
    await applyBackfill(stage, backfillId);
    const recording = () => JSON.stringify(stage.google.meet.state.space(typedEvent().conference!.spaceName));
    await stage.deliver(bookingId);
    expect(recording()).toContain('"ON"');
    await undoBackfill(stage, backfillId);
    await stage.deliver(bookingId);
    expect(recording()).toContain('"OFF"');
  });

  it("leaves alone what the platform has changed since, unless told otherwise; changed under way it counts too", async () => {
    const { bookingId, backfillId } = await confirmed();
    await stage.deliver(bookingId);
    await stage.change(bookingId, { title: "Another title" });
    await stage.deliver(bookingId);
    expect(await undoBackfill(stage, backfillId)).toBe(0);
    expect(await undoBackfill(stage, backfillId, true)).toBe(1);
    await stage.change(bookingId, { title: "A third title" });
    await stage.deliver(bookingId);
    expect(await stage.row(bookingId)).toMatchObject({
      pipeline_status: "scheduled",
      google_calendar_event_id: EVENT_ID,
    });
    expect(await itemOf(stage, bookingId)).toMatchObject({ state: "applied" });
  });

  it("asked for while the booking is being worked on is not lost", async () => {
    const bookingId = await bookFromBefore(stage, ada);
    const backfillId = await planBackfill(stage, ada);
    await applyBackfill(stage, backfillId);
    await stage.deliver(bookingId, {
      around: (adapters) => ({
        ...adapters,
        store: {
          ...adapters.store,
          finish: async (...parameters) => {
            await undoBackfill(stage, backfillId);
            return adapters.store.finish(...parameters);
          },
        },
      }),
    });
    expect(await stage.row(bookingId)).toMatchObject({ pipeline_status: null, google_calendar_event_id: null });
    expect(stage.liveEvents(bookingId)).toEqual([]);
  });

  it("says on the row that it waits when the consultant has disconnected, and goes on after connecting", async () => {
    const { bookingId, backfillId } = await confirmed();
    await stage.deliver(bookingId);
    stage.google.oauth.revokeAccess(ada.email);
    await undoBackfill(stage, backfillId);
    await stage.deliver(bookingId);
    expect((await stage.row(bookingId)).pipeline_status).toBe("needs_reconnect");
    expect(await itemOf(stage, bookingId)).toMatchObject({ state: "undoing" });
    await connectGoogle(stage.database.sql, stage.google, { consultant: ada });
    await stage.deliver(bookingId);
    expect([marks(), (await stage.row(bookingId)).pipeline_status]).toEqual([{}, null]);
  });
});

describe("a process that is killed at any of its calls and delivered again", () => {
  it.each(["before", "after"] as const)(
    "adopts, and gives back, as if nothing had happened (%s the call)",
    async (when) => {
      const { bookingId, backfillId } = await confirmed();
      const before = typedEvent();
      const killEverywhere = async (goal: () => Promise<void>) => {
        for (let atCall = 0; ; atCall += 1) {
          const killed = killedAt({ atCall, when });
          await stage.deliver(bookingId, { messageId: "m", around: killed.around }).catch(() => undefined);
          await stage.letLeasesExpire();
          if (!killed.died()) break;
        }
        await goal();
      };
      await killEverywhere(async () => {
        expect(await stage.row(bookingId)).toMatchObject({
          pipeline_status: "scheduled",
          google_calendar_event_id: EVENT_ID,
        });
        expect(stage.google.calendar.events()).toHaveLength(1);
      });
      await undoBackfill(stage, backfillId);
      await killEverywhere(async () => {
        expect(await stage.row(bookingId)).toMatchObject({ pipeline_status: null, google_calendar_event_id: null });
        expect([typedEvent(), marks()]).toEqual([before, {}]);
      });
    },
  );
});
