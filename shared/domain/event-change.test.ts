import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Attendee, calendarEventId, type DesiredEvent, type RemoteEvent } from "#domain/calendar-event.ts";
import { changeOf, isEmptyChange } from "#domain/event-change.ts";

const desired: DesiredEvent = {
  summary: "Call",
  description: "Ada and Grace",
  startsAt: new Date("2030-05-06T10:00:00Z"),
  endsAt: new Date("2030-05-06T11:00:00Z"),
  timeZone: "Europe/Berlin",
  guest: { email: "grace@example.com", displayName: "Grace" },
  bookingId: "0a1b2c3d-0000-4000-8000-0123456789ab",
};

function remote(changes: Partial<RemoteEvent> = {}): RemoteEvent {
  const { summary, description, startsAt, endsAt, timeZone, bookingId } = desired;
  return {
    ...{ id: "e", etag: '"1"', cancelled: false, htmlLink: "", iCalUid: "", conference: { kind: "none" } },
    ...{ summary, description, startsAt, endsAt, timeZone, bookingId },
    ...{ attendees: [{ email: "grace@example.com" }], guestEmail: "grace@example.com" },
    conferenceRequestId: null,
    traits: { organizedHere: true, declinedHere: false, partOfSeries: false, free: false, days: null },
    ...changes,
  };
}

describe("the change of an event", () => {
  it("is empty when the event is as wanted", () => {
    expect(isEmptyChange(changeOf(remote(), desired))).toBe(true);
  });

  it("is empty for what is the same in other words", () => {
    const same = remote({
      attendees: [{ email: "Grace@Example.com", displayName: "G. H." }],
      guestEmail: "GRACE@example.com",
    });
    expect(changeOf(same, desired)).toEqual({});
    expect(changeOf(remote({ timeZone: null }), desired)).toEqual({});
  });

  it.each<[string, Partial<RemoteEvent>]>([
    ["another start", { startsAt: new Date("2030-05-06T10:00:01Z") }],
    ["another end", { endsAt: new Date("2030-05-06T12:00:00Z") }],
    ["another zone", { timeZone: "UTC" }],
    ["no time of day", { startsAt: null, endsAt: null }],
  ])("because of %s carries all of the times", (_what, changes) => {
    const { startsAt, endsAt, timeZone } = desired;
    expect(changeOf(remote(changes), desired)).toEqual({ times: { startsAt, endsAt, timeZone } });
  });

  it("invites the guest and keeps everybody else with their answers", () => {
    const colleague: Attendee = { email: "c@example.com", responseStatus: "accepted" };
    const { attendees } = changeOf(remote({ attendees: [colleague], guestEmail: null }), desired);
    expect(attendees).toEqual([colleague, desired.guest]);
  });

  it("takes a former guest off when there is none any more", () => {
    const change = changeOf(remote(), { ...desired, guest: null });
    expect(change).toEqual({ attendees: [], marks: { bookingId: desired.bookingId, guestEmail: null } });
  });

  it("leaves a guest on the list whom the consultant had invited before the customer became that person", () => {
    const { attendees } = changeOf(remote({ guestEmail: "old@example.com" }), desired);
    expect(attendees).toEqual([{ email: "grace@example.com" }]);
  });

  it("applied once leaves nothing to change, whoever is on the list", () => {
    const email = fc.constantFrom(
      "grace@example.com",
      "GRACE@example.com",
      "a@x.example",
      "b@x.example",
      "c@x.example",
    );
    const people = fc.array(
      email.map((address): Attendee => ({ email: address })),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(people, fc.option(email), fc.option(email), (attendees, former, wanted) => {
        const goal = { ...desired, guest: wanted === null ? null : { email: wanted, displayName: "G" } };
        const before = remote({ attendees, guestEmail: former });
        const { attendees: list, marks } = changeOf(before, goal);
        const after = remote(list === undefined ? before : { attendees: list, guestEmail: marks?.guestEmail ?? null });
        expect(changeOf(after, goal)).toEqual({});
      }),
    );
  });
});

describe("an event's id", () => {
  it("is made of characters that Calendar allows, one for each generation of each booking", () => {
    const ids = Array.from({ length: 300 }, (_, generation) => calendarEventId(desired.bookingId, generation));
    expect(new Set(ids).size).toBe(300);
    for (const id of ids) expect(id).toMatch(/^[0-9a-v]{34,}$/);
  });
});
