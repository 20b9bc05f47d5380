import { describe, expect, it } from "vitest";
import type { Booking, BookingSnapshot } from "#domain/booking.ts";
import { goalOf } from "#domain/booking-goal.ts";

const booking: Booking = {
  ...{ id: "0a1b2c3d-0000-4000-8000-0123456789ab", status: "confirmed", title: "Call", pipelineStatus: "pending" },
  ...{ startsAt: new Date("2030-05-06T10:00:00Z"), endsAt: new Date("2030-05-06T11:00:00Z"), timeZone: "UTC" },
  ...{ customerName: "Grace", customerEmail: null, meetingPlatform: "google_meet", revision: 1, calendarGeneration: 0 },
  ...{ googleCalendarEventId: null, googleCalendarLink: null, meetingLink: null, meetingId: null },
};
const consultant = { userId: "u", name: "Ada", email: "ada@example.com", timeZone: "UTC" };
const connection = {
  state: "connected",
  reason: null,
  grantedScopes: [],
  tokenVersion: 1,
  calendarId: "primary",
} as const;

const snapshot = (changes: Partial<Booking> = {}, others: Partial<BookingSnapshot> = {}): BookingSnapshot => ({
  ...{
    booking: { ...booking, ...changes },
    consultant,
    connection,
    service: null,
    rooms: [],
    deleted: false,
    task: null,
  },
  ...others,
});

describe("the goal of a booking", () => {
  it.each<[string, BookingSnapshot, string]>([
    ["that is confirmed is one event", snapshot(), "hold_event"],
    ["that was cancelled is no event", snapshot({ status: "cancelled" }), "retire_events"],
    ["that was declined is no event", snapshot({ status: "declined" }), "retire_events"],
    ["that was taken back is no event", snapshot({ status: "pending" }), "retire_events"],
    [
      "that was never confirmed is none of our business",
      snapshot({ status: "pending", pipelineStatus: null }),
      "leave",
    ],
    ["that was deleted is no event", snapshot({}, { booking: null, deleted: true }), "retire_events"],
    ["that never was is none of our business", snapshot({}, { booking: null }), "leave"],
    ["that is over is none of our business", snapshot({ status: "completed", pipelineStatus: "scheduled" }), "leave"],
    ["that was completed while it waited is to say how it stands", snapshot({ status: "completed" }), "settle"],
    ["without consultant waits for a person", snapshot({}, { consultant: null }), "park"],
    ["of nobody who could connect waits for a person", snapshot({}, { connection: null }), "park"],
  ])("%s", (_what, given, kind) => {
    expect(goalOf(given).kind).toBe(kind);
  });

  it.each(["Europe/Berlin", "UTC", "America/Argentina/ComodRivadavia", "Etc/GMT+12"])(
    "takes %s for a zone",
    (timeZone) => {
      expect(goalOf(snapshot({ timeZone })).kind).toBe("hold_event");
    },
  );

  it.each(["+01:00", "-05:00", "Berlin", "", " ", "UTC+1", "Europe/Berlin\n"])("takes %j for none", (timeZone) => {
    expect(goalOf(snapshot({ timeZone }))).toMatchObject({ kind: "park", code: "unknown_time_zone" });
  });

  it("tells guests nothing but who meets whom", () => {
    const goal = goalOf(
      snapshot(
        { title: null },
        { service: { name: "Review", meetingSettings: { autoRecording: true, calendarEdits: "revert" } } },
      ),
    );
    expect(goal).toMatchObject({
      ...{
        autoRecording: true,
        calendarEdits: "revert",
        event: { summary: "Review with Grace", description: "Ada and Grace", guest: null },
      },
    });
  });

  it("lets a parked booking keep events of its own consultant only", () => {
    expect(goalOf(snapshot({ timeZone: "?" }))).toMatchObject({ userId: "u" });
    expect(goalOf(snapshot({}, { consultant: null }))).toMatchObject({ userId: null });
  });
});
