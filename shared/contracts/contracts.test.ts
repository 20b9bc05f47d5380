import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bookingEvent } from "#contracts/booking-event.ts";
import { reconcileStart } from "#contracts/booking-snapshot.ts";
import { calendarResource } from "#contracts/calendar-resource.ts";
import { parsePushBody } from "#contracts/pubsub-push.ts";

describe("a push body", () => {
  it("of any shape is either a message or refused, and never throws", () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), (body) => {
        expect(["message", "refused"]).toContain(parsePushBody(body).kind);
      }),
    );
  });

  it("with any payload is either read or refused", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const data = Buffer.from(bytes).toString("base64");
        const parsed = parsePushBody({ message: { data, messageId: "1" }, subscription: "s" });
        if (parsed.kind === "refused") expect(parsed.reason).toBe("message.data: not JSON");
      }),
    );
  });
});

describe("a booking event", () => {
  it("names one booking, in the letters that Postgres prints", () => {
    const id = "0A1B2C3D-0000-4000-8000-0123456789AB";
    expect(bookingEvent.parse({ bookingId: id, more: 1 }).bookingId).toBe(id.toLowerCase());
  });

  it.each([undefined, null, [], "x", 7, {}, { bookingId: 7 }, { bookingId: "'; drop table bookings; --" }])(
    "is not %j",
    (data) => {
      expect(bookingEvent.safeParse(data).success).toBe(false);
    },
  );
});

describe("an event as Google sends it", () => {
  const link = { entryPointType: "video", uri: "https://meet.google.com/aaa-bbbb-ccc" };
  const ready = { conferenceId: "aaa-bbbb-ccc", entryPoints: [{ entryPointType: "phone" }, link] };
  const status = (statusCode: string) => ({ createRequest: { status: { statusCode } } });

  it.each([
    ["ready", ready, { kind: "ready", meetingCode: "aaa-bbbb-ccc", videoUri: link.uri }],
    ["pending", status("pending"), { kind: "pending" }],
    ["failed", status("failure"), { kind: "failed" }],
    ["absent", undefined, { kind: "none" }],
    ["no link of ours", { ...ready, entryPoints: [{ ...link, uri: "javascript:alert(1)" }] }, { kind: "none" }],
  ])("has a conference that is %s", (_what, conferenceData, conference) => {
    expect(calendarResource.parse({ id: "e", conferenceData }).conference).toEqual(conference);
  });

  it("may have been deleted and carry an id and little else", () => {
    expect(calendarResource.parse({ id: "e", status: "cancelled" })).toMatchObject({
      ...{ cancelled: true, bookingId: null, startsAt: null, attendees: [] },
    });
  });
});

describe("a booking's row", () => {
  const answer = (snapshot: unknown) => reconcileStart.parse({ kind: "leased", fencing: 1, snapshot });

  it("that cannot be read says which column, in the database's words, and keeps its revision", () => {
    expect(answer({ booking: { revision: 7, customerName: null } })).toMatchObject({
      snapshot: { kind: "unreadable", revision: 7, reason: expect.stringMatching(/^booking\.[a-z_]+ of the booking/) },
    });
  });

  it("of any shape is readable or not, and never throws", () => {
    fc.assert(fc.property(fc.anything(), (snapshot) => void answer(snapshot)));
  });
});
