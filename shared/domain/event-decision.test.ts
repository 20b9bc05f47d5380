import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DesiredEvent, RemoteEvent } from "#domain/calendar-event.ts";
import {
  type Comparison,
  decideEvent,
  type EditPolicy,
  type EventState,
  editPolicies,
  type MeetingTimes,
  moverOf,
} from "#domain/event-decision.ts";

const at = (hour: number, minute = 0) => new Date(Date.UTC(2030, 4, 6, hour, minute));
const ten: MeetingTimes = { startsAt: at(10), endsAt: at(11) };
const noon: MeetingTimes = { startsAt: at(12), endsAt: at(13) };
const two: MeetingTimes = { startsAt: at(14), endsAt: at(15) };

const wanted = (times: MeetingTimes, title = "Call"): DesiredEvent => ({
  ...{ summary: title, description: "Ada and Grace", ...times, timeZone: "Europe/Berlin" },
  ...{ guest: { email: "grace@example.com", displayName: "Grace" }, bookingId: "b1" },
});
const live = (times: Partial<RemoteEvent>): EventState => ({
  kind: "live",
  event: {
    ...{ id: "e", etag: '"1"', cancelled: false, htmlLink: "", iCalUid: "", conference: { kind: "none" } },
    ...{ summary: "Call", description: "Ada and Grace", timeZone: "Europe/Berlin", bookingId: "b1" },
    conferenceRequestId: null,
    traits: { organizedHere: true, declinedHere: false, partOfSeries: false, free: false, days: null },
    ...{ attendees: [{ email: "grace@example.com" }], guestEmail: "grace@example.com", startsAt: null, endsAt: null },
    ...times,
  },
});
const gone = (wasLive: boolean): EventState => ({ kind: "gone", wasLive });
const decide = (comparison: Partial<Comparison>) =>
  decideEvent({
    ...{ desired: wanted(ten), remote: live(ten), agreed: ten, policy: "ask", adopted: false, over: false },
    ...comparison,
  });

describe("one event of a booking", () => {
  const everyPolicy = editPolicies.map((policy) => [policy] as const);

  it.each(everyPolicy)("is made when the row names none, or when the id is somebody else's (%s)", (policy) => {
    for (const remote of [{ kind: "none" }, { kind: "foreign" }] as const) {
      for (const desired of [wanted(ten), wanted(noon)]) {
        expect(decide({ desired, remote, policy })).toEqual({ kind: "create" });
        expect(decide({ desired, remote, policy, agreed: null })).toEqual({ kind: "create" });
      }
    }
  });

  it.each(everyPolicy)("is left alone when it is as the row wants it (%s)", (policy) => {
    expect(decide({ policy })).toEqual({ kind: "keep" });
    expect(decide({ policy, agreed: null })).toEqual({ kind: "keep" });
  });

  it.each(everyPolicy)("moves with the row (%s)", (policy) => {
    expect(decide({ desired: wanted(noon), policy })).toEqual({
      kind: "update",
      change: { times: { ...noon, timeZone: "Europe/Berlin" } },
    });
  });

  it.each(everyPolicy)("goes where the row went when both were moved (%s)", (policy) => {
    const change = { times: { ...noon, timeZone: "Europe/Berlin" } };
    expect(decide({ desired: wanted(noon), remote: live(two), policy })).toEqual({ kind: "update", change });
  });

  it.each(everyPolicy)("is as wanted when both were moved to the same time (%s)", (policy) => {
    expect(decide({ desired: wanted(noon), remote: live(noon), policy })).toEqual({ kind: "keep" });
  });

  it.each(everyPolicy)("follows the row while nobody knows when they agreed (%s)", (policy) => {
    const change = { times: { ...ten, timeZone: "Europe/Berlin" } };
    expect(decide({ remote: live(noon), agreed: null, policy })).toEqual({ kind: "update", change });
    expect(decide({ remote: gone(true), agreed: null, policy })).toEqual({ kind: "create" });
  });

  it.each<[EditPolicy, object]>([
    ["follow", { kind: "follow_move", times: noon, change: {} }],
    ["revert", { kind: "update", change: { times: { ...ten, timeZone: "Europe/Berlin" } } }],
    ["ask", { kind: "hold", edit: "moved", change: {} }],
  ])("that was moved by hand: %s", (policy, decision) => {
    expect(decide({ remote: live(noon), policy })).toEqual(decision);
  });

  it.each<[EditPolicy, object]>([
    ["follow", { kind: "follow_deletion" }],
    ["revert", { kind: "create" }],
    ["ask", { kind: "hold", edit: "deleted", change: {} }],
  ])("that was deleted by hand: %s", (policy, decision) => {
    expect(decide({ remote: gone(true), policy })).toEqual(decision);
  });

  it.each(everyPolicy)("that was deleted while the row moved is made again (%s)", (policy) => {
    expect(decide({ desired: wanted(noon), remote: gone(true), policy })).toEqual({ kind: "create" });
  });

  it.each(everyPolicy)("that nobody ever saw alive is made again (%s)", (policy) => {
    expect(decide({ remote: gone(false), policy })).toEqual({ kind: "create" });
  });

  it("that became one of whole days is set back, or waits for a person: a booking has a time of day", () => {
    const allDay = live({ startsAt: null, endsAt: null });
    expect(decide({ remote: allDay, policy: "follow" })).toMatchObject({ kind: "hold", edit: "moved" });
    expect(decide({ remote: allDay, policy: "revert" })).toMatchObject({ kind: "update" });
  });

  it.each(everyPolicy)("that was moved or deleted after the meeting is nobody's business (%s)", (policy) => {
    expect(decide({ remote: live(noon), policy, over: true })).toEqual({ kind: "leave" });
    expect(decide({ remote: gone(true), policy, over: true })).toEqual({ kind: "leave" });
    expect(decide({ desired: wanted(noon), policy, over: true })).toMatchObject({ kind: "update" });
  });

  it("that was typed by hand keeps its words", () => {
    expect(decide({ desired: wanted(ten, "Our title"), adopted: true })).toEqual({ kind: "keep" });
  });

  it("has its title brought up to date while its times wait for a person", () => {
    const decision = decide({ desired: wanted(ten, "New title"), remote: live(noon), policy: "ask" });
    expect(decision).toEqual({ kind: "hold", edit: "moved", change: { summary: "New title" } });
  });
});

describe("over every combination of three times", () => {
  const times = fc.constantFrom(ten, noon, two);
  const states = fc.oneof(
    times.map((one) => live(one)),
    fc.boolean().map(gone),
    fc.constantFrom<EventState>({ kind: "none" }, { kind: "foreign" }),
  );
  const comparisons = fc.record({
    desired: times.map((one) => wanted(one)),
    remote: states,
    agreed: fc.option(times),
    policy: fc.constantFrom(...editPolicies),
    adopted: fc.constant(false),
    over: fc.constant(false),
  });

  it("ends after one step: what was decided, once done, is kept", () => {
    fc.assert(
      fc.property(comparisons, (comparison) => {
        const decision = decideEvent(comparison);
        if (["hold", "follow_deletion", "leave"].includes(decision.kind)) return;
        const row = decision.kind === "follow_move" ? wanted(decision.times) : comparison.desired;
        const after = { ...comparison, desired: row, remote: live(row), agreed: row };
        expect(decideEvent(after)).toEqual({ kind: "keep" });
      }),
    );
  });

  it("never undoes a move of the row, and asks about the calendar's only where the row did not move", () => {
    fc.assert(
      fc.property(comparisons, (comparison) => {
        const decision = decideEvent(comparison);
        const asked = ["follow_move", "follow_deletion", "hold"].includes(decision.kind);
        expect(asked && moverOf(comparison) !== "calendar").toBe(false);
      }),
    );
  });
});
