import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TestConsultant } from "#testing/google-workspace.ts";
import { killedAt } from "./testing/killed-process.ts";
import { type Adapters, openStage, type Stage } from "./testing/stage.ts";

let stage: Stage;
let ada: TestConsultant;
let bob: TestConsultant;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  await stage.reset();
  [ada, bob] = [await stage.consultant("Ada"), await stage.consultant("Bob")];
});

/** What must be the same after a run that was killed as after one that was not. */
async function finalState(id: string) {
  const { meeting_link, meeting_id, google_calendar_link, ...row } = await stage.row(id);
  const events = stage.liveEvents(id);
  const linked = events.map(({ conference }) => [conference?.meetingUri, conference?.spaceName]);
  expect(events.length === 0 ? [meeting_link, meeting_id] : linked[0]).toEqual([meeting_link, meeting_id]);
  return {
    columns: [row.pipeline_status, row.pipeline_reason, row.google_calendar_event_id, row.calendar_generation],
    events: events.map(({ id: eventId, calendarId, summary }) => ({ eventId: eventId.slice(32), calendarId, summary })),
    hasLink: google_calendar_link !== null,
  };
}

/** Each returns the booking whose next delivery does the work in question. */
const scenarios: readonly (readonly [string, () => Promise<string>, readonly string[]])[] = [
  [
    "makes an event",
    () => stage.book(ada),
    ["store.begin", "store.planRoom", "calendar.insert", "meetings.spaceOf", "store.finish"],
  ],
  [
    "moves an event",
    async () => {
      const id = await scheduled();
      await stage.change(id, { starts_at: "2030-05-06T09:00:00Z" });
      return id;
    },
    ["store.begin", "calendar.get", "store.renew", "calendar.patch", "store.finish"],
  ],
  [
    "removes an event",
    async () => {
      const id = await scheduled();
      await stage.change(id, { status: "cancelled" });
      return id;
    },
    ["store.begin", "calendar.get", "store.renew", "calendar.remove", "store.finish"],
  ],
  [
    "moves to another consultant",
    async () => {
      const id = await scheduled();
      await stage.change(id, { consultant_id: bob.id });
      return id;
    },
    [
      ...["store.begin", "store.planRoom", "calendar.insert", "calendar.get", "store.renew", "calendar.remove"],
      ...["meetings.spaceOf", "store.finish"],
    ],
  ],
];

async function scheduled(): Promise<string> {
  const id = await stage.book(ada);
  await stage.deliver(id);
  return id;
}

describe.each(scenarios)("a process that %s", (_what, prepare, calls) => {
  it.each(["before", "after"] as const)("ends the same when it was killed %s any of its calls", async (when) => {
    const unbroken = await prepare();
    const watched = killedAt({ atCall: -1, when });
    await stage.deliver(unbroken, { around: watched.around });
    expect(watched.calls).toEqual(calls);
    const expected = await finalState(unbroken);

    for (const atCall of calls.keys()) {
      const id = await prepare();
      const killed = killedAt({ atCall, when });
      await expect(stage.deliver(id, { messageId: "m", around: killed.around })).rejects.toThrow("killed");
      await stage.letLeasesExpire();
      await stage.deliver(id, { messageId: "m" });
      const { columns, ...state } = await finalState(id);
      const eventId =
        expected.columns[2] === null ? null : id.replaceAll("-", "") + String(expected.columns[2]).slice(32);
      const expectedColumns = expected.columns.with(2, eventId);
      expect({ ...state, columns }, `killed ${when} ${calls[atCall]}`).toEqual({
        ...expected,
        columns: expectedColumns,
      });
    }
  });
});

describe("deliveries of one booking at the same time", () => {
  it("make one event, however many there are, and none is left to wait", async () => {
    const id = await stage.book(ada);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => stage.deliver(id)));
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(["done", "ignored"]));
    expect(stage.google.calendar.events()).toHaveLength(1);
    expect((await stage.row(id)).pipeline_status).toBe("scheduled");
  });

  it("of the same message make one of them wait, never give up", async () => {
    const id = await stage.book(ada);
    const answers = await Promise.allSettled([
      stage.deliver(id, { messageId: "twice" }),
      stage.deliver(id, { messageId: "twice" }),
    ]);
    const refused = answers.filter((answer) => answer.status === "rejected");
    for (const { reason } of refused) expect(reason).toMatchObject({ code: "lease_held" });
    expect(refused.length).toBeLessThan(2);
    await stage.deliver(id, { messageId: "twice" });
    expect(stage.google.calendar.events()).toHaveLength(1);
  });

  it("after a crash: the same message waits for the lease, another leaves it to that one", async () => {
    const id = await stage.book(ada);
    const killed = killedAt({ atCall: 2, when: "after" });
    await stage.deliver(id, { messageId: "first", around: killed.around }).catch(() => undefined);
    await expect(stage.deliver(id, { messageId: "first" })).rejects.toMatchObject({ code: "lease_held" });
    expect(await stage.deliver(id, { messageId: "second" })).toMatchObject({ kind: "ignored" });
    await stage.letLeasesExpire();
    await stage.deliver(id, { messageId: "first" });
    expect([(await stage.row(id)).pipeline_status, stage.google.calendar.events().length]).toEqual(["scheduled", 1]);
  });
});

/** Runs something right before a call has its effect. */
function beforeCall<Port extends keyof Adapters>(
  port: Port,
  method: keyof Adapters[Port],
  run: () => Promise<unknown>,
) {
  let done = false;
  return (adapters: Adapters): Adapters => ({
    ...adapters,
    [port]: {
      ...adapters[port],
      [method]: async (...parameters: unknown[]) => {
        if (!done) {
          done = true;
          await run();
        }
        return (adapters[port][method] as (...all: unknown[]) => unknown)(...parameters);
      },
    },
  });
}

describe("a booking that changes while it is worked on", () => {
  it("is looked at again before the lease is given back", async () => {
    const id = await stage.book(ada);
    const around = beforeCall("calendar", "insert", async () => {
      await stage.change(id, { title: "Renamed in between" });
      expect(await stage.deliver(id)).toMatchObject({ kind: "ignored" });
    });
    await stage.deliver(id, { around });
    expect(stage.liveEvents(id)).toMatchObject([{ summary: "Renamed in between" }]);
    expect(await stage.row(id)).toMatchObject({ pipeline_status: "scheduled", revision: 2 });
  });

  it("and is confirmed just when there seemed to be nothing to do, gets its event", async () => {
    const id = await stage.book(ada, { status: "pending" });
    const around = beforeCall("store", "finish", async () => {
      await stage.change(id, { status: "confirmed" });
      expect(await stage.deliver(id)).toMatchObject({ kind: "ignored" });
    });
    await stage.deliver(id, { around });
    expect([(await stage.row(id)).pipeline_status, stage.liveEvents(id).length]).toEqual(["scheduled", 1]);
  });

  it("to be cancelled, deleted or given to somebody else leaves no event behind", async () => {
    const [cancelled, deleted, given] = [await stage.book(ada), await stage.book(ada), await stage.book(ada)];
    const during = (id: string, run: () => Promise<unknown>) =>
      stage.deliver(id, { around: beforeCall("store", "finish", run) });
    await during(cancelled, () => stage.change(cancelled, { status: "cancelled" }));
    await during(deleted, () => stage.database.sql("delete from public.bookings where id = $1", [deleted]));
    await during(given, () => stage.change(given, { consultant_id: bob.id }));
    expect([stage.liveEvents(cancelled), stage.liveEvents(deleted), stage.liveEvents(given, ada.email)]).toEqual([
      [],
      [],
      [],
    ]);
    expect(stage.liveEvents(given, bob.email)).toHaveLength(1);
  });

  it("all the time is left to the next delivery", async () => {
    const id = await stage.book(ada);
    let edits = 0;
    const around = ({ store, ...others }: Adapters): Adapters => ({
      ...others,
      store: {
        ...store,
        finish: async (lease, pass) => {
          await stage.change(id, { title: `Edit ${++edits}` });
          return store.finish(lease, pass);
        },
      },
    });
    await expect(stage.deliver(id, { around })).rejects.toMatchObject({ code: "booking_busy" });
    expect(edits).toBe(5);
    await stage.deliver(id);
    expect(stage.liveEvents(id)).toMatchObject([{ summary: "Edit 5" }]);
  });
});

describe("a holder whose lease was taken over", () => {
  /** Somebody else works on the booking while this holder stands still for longer than its lease. */
  const overtaken = (id: string, columns: Readonly<Record<string, unknown>>) => async () => {
    await stage.letLeasesExpire();
    await stage.change(id, columns);
    await stage.deliver(id);
  };

  it.each<[string, Parameters<typeof beforeCall>[0], string]>([
    ["before it plans its event", "store", "planRoom"],
    ["before it writes back", "store", "finish"],
  ])("%s changes nothing", async (_when, port, method) => {
    const id = await stage.book(ada);
    const around = beforeCall(port, method as never, overtaken(id, { title: "The newer title" }));
    await expect(stage.deliver(id, { around })).rejects.toMatchObject({ code: "lease_lost" });
    expect(stage.liveEvents(id)).toMatchObject([{ summary: "The newer title" }]);
    expect(await stage.row(id)).toMatchObject({ pipeline_status: "scheduled", pipeline_reason: null });
  });

  it("does not put its old title over the newer one when their edits collide", async () => {
    const id = await scheduled();
    await stage.change(id, { title: "Old" });
    const around = beforeCall("calendar", "patch", overtaken(id, { title: "New" }));
    await expect(stage.deliver(id, { around })).rejects.toMatchObject({ code: "lease_lost" });
    expect(stage.liveEvents(id)).toMatchObject([{ summary: "New" }]);
  });

  it("does not remove an event that lives again", async () => {
    const id = await scheduled();
    await stage.change(id, { status: "cancelled" });
    const around = beforeCall("store", "renew", overtaken(id, { status: "confirmed" }));
    await expect(stage.deliver(id, { around })).rejects.toMatchObject({ code: "lease_lost" });
    expect(stage.liveEvents(id)).toHaveLength(1);
    expect((await stage.row(id)).pipeline_status).toBe("scheduled");
  });
});

describe("a database that fails in between", () => {
  it.each(["begin_booking_reconcile", "plan_booking_room", "finish_booking_reconcile"])(
    "at %s costs a retry and nothing else",
    async (operation) => {
      const id = await stage.book(ada);
      stage.api.gateway.faults.add({ operation: `rpc.${operation}`, kind: "status", status: 503 });
      await expect(stage.deliver(id)).rejects.toMatchObject({ name: "RetryableError" });
      await stage.deliver(id);
      expect([(await stage.row(id)).pipeline_status, stage.google.calendar.events().length]).toEqual(["scheduled", 1]);
    },
  );

  it.each(["begin_booking_reconcile", "plan_booking_room", "finish_booking_reconcile"])(
    "to answer %s costs at most the rest of the lease",
    async (operation) => {
      const id = await stage.book(ada);
      stage.api.gateway.faults.add({ operation: `rpc.${operation}`, kind: "drop_reply" });
      await expect(stage.deliver(id, { messageId: "m" })).rejects.toMatchObject({ name: "RetryableError" });
      await stage.letLeasesExpire();
      await stage.deliver(id, { messageId: "m" });
      expect([(await stage.row(id)).pipeline_status, stage.google.calendar.events().length]).toEqual(["scheduled", 1]);
    },
  );

  it("keeps in the ledger what had happened already", async () => {
    const id = await stage.book(ada);
    stage.api.gateway.faults.add({ operation: "rpc.finish_booking_reconcile", kind: "status", status: 503 });
    await stage.deliver(id).catch(() => undefined);
    expect(await stage.database.sql("select effect from private.effects where booking_id = $1", [id])).toEqual([
      { effect: "calendar.insert" },
      { effect: "meet.space" },
    ]);
  });
});
