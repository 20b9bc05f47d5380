import { describe, expect, it } from "vitest";
import { type BackfillSlot, proposeBackfill } from "#domain/backfill-proposal.ts";
import type { EventTraits, RemoteEvent } from "#domain/calendar-event.ts";
import { changeOfAdoption, changeOfRelease } from "#domain/event-adoption.ts";

const slot: BackfillSlot = {
  bookingId: "0a1b2c3d-0000-4000-8000-0123456789ab",
  startsAt: new Date("2030-05-06T10:00:00Z"),
  endsAt: new Date("2030-05-06T11:00:00Z"),
  customerEmail: " grace@example.com ",
  formerEventId: null,
};

interface EventChanges extends Partial<Omit<RemoteEvent, "traits">> {
  readonly traits?: Partial<EventTraits>;
}

function event({ traits, ...changes }: EventChanges = {}): RemoteEvent {
  return {
    ...{ id: "typed", etag: '"1"', cancelled: false, htmlLink: "", iCalUid: "", summary: "", description: "" },
    ...{ startsAt: slot.startsAt, endsAt: slot.endsAt, timeZone: "Asia/Tokyo", bookingId: null, guestEmail: null },
    ...{ attendees: [{ email: "Grace@Example.com" }], conference: { kind: "none" }, conferenceRequestId: null },
    ...changes,
    traits: { organizedHere: true, declinedHere: false, partOfSeries: false, free: false, days: null, ...traits },
  };
}

const proposed = (events: readonly RemoteEvent[], of: Partial<BackfillSlot> = {}) => {
  const [proposal] = proposeBackfill([{ ...slot, ...of }], events);
  return proposal?.action === "conflict" ? proposal.reason : proposal?.action;
};
const days = { from: new Date("2030-05-06"), until: new Date("2030-05-07") };
const zoom = { kind: "ready", meetingCode: "1", videoUri: "https://example.zoom.us/j/1" } as const;
const meet = { kind: "ready", meetingCode: "a", videoUri: "https://meet.google.com/a" } as const;

describe("a booking from before", () => {
  it.each<[string, readonly RemoteEvent[], string]>([
    ["nothing is made", [], "create"],
    ["an event that matches proposes it", [event()], "adopt"],
    ["one with a Meet link proposes it", [event({ conference: meet })], "adopt"],
    ["one that is free proposes it", [event({ traits: { free: true } })], "adopt"],
    ["its own mark still on an event proposes it", [event({ bookingId: slot.bookingId })], "adopt"],
    ["a match and something else proposes the match", [event({ id: "x", attendees: [] }), event()], "adopt"],
    ["a deleted match is made", [event({ cancelled: true })], "create"],
    ["two matches", [event(), event({ id: "second" })], "several_matches"],
    ["another end", [event({ endsAt: new Date("2030-05-06T11:15:00Z") })], "other_times"],
    ["a neighbour is made", [event({ startsAt: slot.endsAt, endsAt: new Date("2030-05-06T12:00:00Z") })], "create"],
    ["something else at other times", [event({ attendees: [], endsAt: new Date("2030-05-06T11:15:00Z") })], "overlaps"],
    ["something else that is free is made", [event({ attendees: [], traits: { free: true } })], "create"],
    ["no guest at the same times", [event({ attendees: [] })], "customer_not_invited"],
    ["another booking's mark", [event({ bookingId: "other" })], "other_booking"],
    ["somebody else's event", [event({ traits: { organizedHere: false } })], "not_organizer"],
    ["the consultant's no", [event({ traits: { declinedHere: true } })], "declined"],
    [
      "the customer's no",
      [event({ attendees: [{ email: "grace@example.com", responseStatus: "declined" }] })],
      "declined",
    ],
    ["one date of a series", [event({ traits: { partOfSeries: true } })], "series"],
    ["another conference", [event({ conference: zoom })], "other_conference"],
    ["an all-day event with the customer", [event({ startsAt: null, endsAt: null, traits: { days } })], "all_day"],
    [
      "an all-day event of others is made",
      [event({ attendees: [], startsAt: null, endsAt: null, traits: { days } })],
      "create",
    ],
  ])("beside %s", (_what, events, expected) => {
    expect(proposed(events)).toBe(expected);
  });

  it("without a customer's address matches nothing", () => {
    expect(proposed([event({ attendees: [{ email: "" }] })], { customerEmail: " " })).toBe("customer_not_invited");
  });

  it("whose row names one of several matches means that one", () => {
    const proposals = proposeBackfill([{ ...slot, formerEventId: "second" }], [event(), event({ id: "second" })]);
    expect(proposals).toMatchObject([{ action: "adopt", event: { id: "second" } }]);
  });

  it("that claims the same event as another is left to a person, and so is the other", () => {
    const twins = [slot, { ...slot, bookingId: "0a1b2c3d-0000-4000-8000-0123456789ac" }];
    expect(proposeBackfill(twins, [event()]).map((one) => one.action === "conflict" && one.reason)).toEqual([
      "claimed_twice",
      "claimed_twice",
    ]);
  });

  it("tells of the event that has the customer before any other in the way", () => {
    const other = event({ id: "other", attendees: [] });
    expect(proposed([other, event({ traits: { partOfSeries: true } })])).toBe("series");
  });
});

describe("adopting an event", () => {
  const desired = {
    ...{ summary: "S", description: "D", startsAt: slot.startsAt, endsAt: slot.endsAt, timeZone: "UTC" },
    ...{ guest: { email: "grace@example.com", displayName: "Grace" }, bookingId: slot.bookingId },
  };
  const marks = { bookingId: slot.bookingId, guestEmail: "grace@example.com" };

  it("adds our marks, a link only where there is none, and nothing twice", () => {
    expect(changeOfAdoption(event({ conference: meet }), desired, "7")).toEqual({ marks });
    expect(changeOfAdoption(event(), desired, "7")).toEqual({ marks, conferenceRequestId: "meet-typed-7" });
    expect(changeOfAdoption(event({ ...marks, conference: { kind: "pending" } }), desired, "7")).toEqual({});
  });

  it("taken back removes the marks, and the link only if it is the one that was added", () => {
    expect(changeOfRelease(event({ conference: meet, conferenceRequestId: "meet-typed-7" }))).toEqual({
      marks: null,
      conferenceRequestId: null,
    });
    expect(changeOfRelease(event({ conference: meet, conferenceRequestId: "meet-typed" }))).toEqual({ marks: null });
    expect(changeOfRelease(event({ conference: meet }))).toEqual({ marks: null });
  });
});
