import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readOutbox } from "#testing/booking-rows.ts";
import { connectGoogle, type TestConsultant } from "#testing/google-workspace.ts";
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

describe("a consultant whose Google access", () => {
  it("was never given is asked to connect, at no cost, and the booking goes on by itself afterwards", async () => {
    const bob = await stage.consultant("Bob", { connected: false });
    const id = await stage.book(bob);
    await stage.deliver(id);
    expect(await stage.row(id)).toMatchObject({
      ...{
        pipeline_status: "needs_reconnect",
        pipeline_reason: expect.stringMatching(/^Bob has not connected Google/),
      },
    });
    expect(stage.calls()).toEqual({ calendar: 0, meet: 0 });
    await connectGoogle(stage.database.sql, stage.google, { consultant: bob });
    expect((await stage.row(id)).pipeline_status).toBe("pending");
    await stage.deliver(id);
    expect((await stage.row(id)).pipeline_status).toBe("scheduled");
  });

  it("was revoked is marked once, and no further booking calls Google", async () => {
    const ids = await Promise.all([stage.book(ada), stage.book(ada), stage.book(ada)]);
    stage.google.oauth.revokeAccess(ada.email);
    stage.google.oauth.calls.clear();
    await stage.deliver(ids[0]!);
    const [asked] = [stage.google.oauth.calls.list().length];
    await stage.deliver(ids[1]!);
    await stage.deliver(ids[2]!);
    expect([asked, stage.google.oauth.calls.list().length, stage.calls().calendar]).toEqual([1, 1, 0]);
    for (const id of ids) expect((await stage.row(id)).pipeline_status).toBe("needs_reconnect");
    expect(await stage.database.sql("select state from public.google_connections")).toEqual([
      { state: "needs_reconnect" },
    ]);
    await connectGoogle(stage.database.sql, stage.google, { consultant: ada });
    for (const id of ids) await stage.deliver(id);
    for (const id of ids) expect((await stage.row(id)).pipeline_status).toBe("scheduled");
  });

  it("lacks the calendar permission is asked for it", async () => {
    const bob = await stage.consultant("Bob", { without: ["calendar.events"] });
    const id = await stage.book(bob);
    await stage.deliver(id);
    expect(await stage.row(id)).toMatchObject({
      pipeline_status: "needs_reconnect",
      pipeline_reason: expect.stringMatching(/Connect Google again/),
    });
  });

  it("is withdrawn between two calls of one run leaves a live link on the row", async () => {
    const id = await stage.book(ada);
    await stage.deliver(id, {
      around: ({ calendar, ...others }) => ({
        ...others,
        calendar: {
          ...calendar,
          insert: async (at, event) => {
            const answer = await calendar.insert(at, event);
            stage.google.oauth.revokeAccess(ada.email);
            return answer;
          },
        },
      }),
    });
    expect(await stage.row(id)).toMatchObject({
      pipeline_status: "needs_reconnect",
      google_calendar_event_id: `${hexOf(id)}00`,
    });
    await connectGoogle(stage.database.sql, stage.google, { consultant: ada });
    await stage.deliver(id);
    expect(await stage.row(id)).toMatchObject({
      pipeline_status: "scheduled",
      meeting_id: expect.stringMatching(/^spaces\//),
    });
    expect(stage.google.calendar.events()).toHaveLength(1);
  });

  it("comes back while a pass is about to park the booking does not leave it parked", async () => {
    const bob = await stage.consultant("Bob", { connected: false });
    const id = await stage.book(bob);
    await stage.deliver(id, {
      around: ({ store, ...others }) => ({
        ...others,
        store: {
          ...store,
          finish: async (lease, pass) => {
            if (pass.result.status === "needs_reconnect") {
              await connectGoogle(stage.database.sql, stage.google, { consultant: bob });
            }
            return store.finish(lease, pass);
          },
        },
      }),
    });
    expect((await stage.row(id)).pipeline_status).toBe("scheduled");
    expect((await readOutbox(stage.database.sql, id)).map(({ kind }) => kind)).toContain("booking.reconnected");
  });

  it("is withdrawn before the recording is asked for is asked for again, and then the recording", async () => {
    const [service] = await stage.database.sql<{ id: string }>(
      `insert into public.services (name, meeting_settings) values ('Recorded', '{"autoRecording": true}') returning id`,
    );
    const id = await stage.book(ada, { serviceId: service!.id });
    await stage.deliver(id, {
      around: ({ meetings, ...others }) => ({
        ...others,
        meetings: {
          ...meetings,
          requestRecording: (userId, spaceName) => {
            stage.google.oauth.revokeAccess(ada.email);
            return meetings.requestRecording(userId, spaceName);
          },
        },
      }),
    });
    expect((await stage.row(id)).pipeline_status).toBe("needs_reconnect");
    await connectGoogle(stage.database.sql, stage.google, { consultant: ada });
    await stage.deliver(id);
    expect((await stage.row(id)).pipeline_status).toBe("scheduled");
    expect(stage.google.meet.calls.list("spaces.patch").at(-1)?.status).toBe(200);
  });

  it("left an event behind removes it after connecting again", async () => {
    const bob = await stage.consultant("Bob");
    const id = await stage.book(ada);
    await stage.deliver(id);
    await stage.database.sql("select public.disconnect_google($1)", [ada.userId]);
    await stage.change(id, { consultant_id: bob.id });
    await stage.deliver(id);
    expect(stage.liveEvents(id, ada.email)).toHaveLength(1);
    await stage.database.sql("update private.outbox set published_at = now()");
    await connectGoogle(stage.database.sql, stage.google, { consultant: ada });
    const announced = await stage.database.sql("select data from private.outbox where published_at is null");
    expect(announced).toEqual([{ data: { bookingId: id } }]);
    await stage.deliver(id);
    expect(stage.liveEvents(id, ada.email)).toEqual([]);
    expect(await stage.row(id)).toMatchObject({ pipeline_status: "scheduled", pipeline_reason: null });
  });
});
