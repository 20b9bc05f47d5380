import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { awaitRow } from "../demo/await-row.ts";
import { BookingPlatform, type PlatformConsultant } from "../local/booking-platform.ts";
import { type LocalStack, startStack } from "../local/start-stack.ts";

const TIMEOUT_MS = 30_000;
const STARTS_AT = "2030-01-14T09:00:00.000Z";
const LATER = { start: { dateTime: "2030-01-14T15:00:00Z" }, end: { dateTime: "2030-01-14T16:00:00Z" } };

let stack: LocalStack;
let platform: BookingPlatform;
let consultant: PlatformConsultant;

beforeAll(async () => {
  stack = await startStack();
  platform = new BookingPlatform(stack);
  consultant = await platform.createConsultant("Dr. Edda Edited");
  await platform.connectGoogle(consultant);
}, 120_000);
afterAll(async () => {
  await platform?.close();
  await stack?.stop();
});

async function scheduled(calendarEdits: string) {
  const serviceId = await platform.createService(`A call, ${calendarEdits}`);
  await platform.rows("update public.services set meeting_settings = $2 where id = $1", [serviceId, { calendarEdits }]);
  const bookingId = await platform.insertBooking({
    ...{ serviceId, consultantId: consultant.consultantId, title: "A call", timeZone: "Europe/Berlin" },
    ...{ startsAt: new Date(STARTS_AT), endsAt: new Date("2030-01-14T10:00:00Z") },
    ...{ customerName: "Grace Guest", customerEmail: "grace@customer.example" },
  });
  const row = await awaitRow(platform, {
    ...{ bookingId, what: "The Meet link", timeoutMs: TIMEOUT_MS },
    until: ({ pipeline_status: status }) => status === "scheduled",
  });
  return { bookingId, eventId: String(row.google_calendar_event_id), link: row.meeting_link };
}

/** Until the consultant's calendar has a channel and was read once: what is done by hand is then told by Google. */
async function watched(): Promise<void> {
  await expect
    .poll(
      async () =>
        (await platform.rows("select 1 from private.calendar_readings where sync_token is not null")).length +
        stack.google.calendar.channels().length,
      { timeout: TIMEOUT_MS },
    )
    .toBe(2);
}

const startsAt = async (bookingId: string): Promise<string> => {
  const [row] = await platform.rows<{ starts_at: Date }>("select starts_at from public.bookings where id = $1", [
    bookingId,
  ]);
  return row!.starts_at.toISOString();
};

describe("a consultant who moves or deletes a booking's event in Google Calendar", () => {
  it("is followed: the row moves, its link stays, and nobody moves it back", async () => {
    const { bookingId, eventId, link } = await scheduled("follow");
    await watched();
    stack.google.calendar.edit(consultant.email, eventId, LATER);
    await expect.poll(() => startsAt(bookingId), { timeout: TIMEOUT_MS }).toBe("2030-01-14T15:00:00.000Z");
    const row = await awaitRow(platform, {
      ...{ bookingId, what: "Agreement", timeoutMs: TIMEOUT_MS },
      until: ({ pipeline_status: status }) => status === "scheduled",
    });
    expect(row.meeting_link).toBe(link);
    await stack.google.pubsub?.waitUntilIdle({ timeoutMs: TIMEOUT_MS });
    expect(stack.google.calendar.events(consultant.email).find(({ id }) => id === eventId)).toMatchObject(LATER);
  });

  it("is undone where the booking rules, also when Google's notification is lost", async () => {
    const { bookingId, eventId } = await scheduled("revert");
    await watched();
    stack.google.calendar.loseNotifications(1);
    stack.google.calendar.edit(consultant.email, eventId, LATER);
    // As a quarter of an hour would do it: the sweep reads what Google was silent about.
    await platform.rows("update private.calendar_readings set check_at = now()");
    const eventStart = () =>
      stack.google.calendar
        .events(consultant.email)
        .find(({ id }) => id === eventId)
        ?.startsAt.toISOString();
    await expect.poll(eventStart, { timeout: TIMEOUT_MS }).toBe(STARTS_AT);
    expect(await startsAt(bookingId)).toBe(STARTS_AT);
  });

  it("is asked about where the service says so, and cancels by deleting where it is followed", async () => {
    const [asked, followed] = [await scheduled("ask"), await scheduled("follow")];
    await watched();
    for (const { eventId } of [asked, followed]) {
      stack.google.calendar.edit(consultant.email, eventId, { status: "cancelled" });
    }
    const status = async (bookingId: string) => (await platform.booking(bookingId)).pipeline_status;
    await expect.poll(() => status(asked.bookingId), { timeout: TIMEOUT_MS }).toBe("held");
    await expect.poll(() => status(followed.bookingId), { timeout: TIMEOUT_MS }).toBe("cancelled");
  });
});
