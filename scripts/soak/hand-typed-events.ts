import type { PlatformConsultant } from "../local/booking-platform.ts";
import type { LocalStack } from "../local/start-stack.ts";
import type { OldBooking } from "./old-bookings.ts";

/** What a plan must say of a booking. */
export interface Expectation {
  readonly action: "create" | "adopt" | "conflict";
  readonly reason: string | null;
}

/** A booking beside which somebody has typed something into a calendar by hand. */
export interface HandTypedCase {
  readonly name: string;
  readonly expected: Expectation;
  readonly booking: OldBooking;
}

type Typed = Readonly<Record<string, unknown>>;

interface Situation {
  readonly name: string;
  readonly expected: Expectation;
  /** Events in the consultant's own calendar, as changes of one that matches. */
  readonly own: readonly Typed[];
  /** Typed into a colleague's calendar. */
  readonly colleagues?: readonly Typed[];
}

const conflict = (reason: string): Expectation => ({ action: "conflict", reason });
const adopt: Expectation = { action: "adopt", reason: null };
const create: Expectation = { action: "create", reason: null };

const customer = "oscar@customer.example";
const withMeet = { conferenceData: { createRequest: { requestId: "typed-by-hand" } } };
const anHourLater = { start: at(60), end: at(90) };
const otherGuests = { attendees: [{ email: "somebody@else.example" }] };

/** Minutes after the booking's start; made a time once that is known. */
function at(minutes: number): { readonly minutes: number } {
  return { minutes };
}

export const situations: readonly Situation[] = [
  { name: "an event that matches", expected: adopt, own: [{}] },
  { name: "an event that matches and has a Meet link", expected: adopt, own: [withMeet] },
  { name: "one that matches beside one of others", expected: adopt, own: [{}, { ...otherGuests, summary: "Lunch" }] },
  {
    name: "the customer's address in capitals",
    expected: adopt,
    own: [{ attendees: [{ email: "Oscar@Customer.Example" }] }],
  },
  { name: "two events that match", expected: conflict("several_matches"), own: [{}, {}] },
  { name: "the customer at another end", expected: conflict("other_times"), own: [{ end: at(60) }] },
  {
    name: "the customer half an hour early",
    expected: conflict("other_times"),
    own: [{ start: at(-15), end: at(15) }],
  },
  { name: "the same times without guests", expected: conflict("customer_not_invited"), own: [{ attendees: [] }] },
  { name: "other people at some of the time", expected: conflict("overlaps"), own: [{ ...otherGuests, end: at(45) }] },
  {
    name: "something free at that time",
    expected: create,
    own: [{ ...otherGuests, end: at(45), transparency: "transparent" }],
  },
  { name: "the customer right after", expected: create, own: [anHourLater] },
  { name: "one date of a series", expected: conflict("series"), own: [{ recurrence: ["RRULE:FREQ=DAILY;COUNT=2"] }] },
  {
    name: "an all-day event with the customer",
    expected: conflict("all_day"),
    own: [{ start: "day", end: "next day" }],
  },
  { name: "an all-day event of others", expected: create, own: [{ ...otherGuests, start: "day", end: "next day" }] },
  {
    ...{ name: "an event the customer declined", expected: conflict("declined") },
    own: [{ attendees: [{ email: customer, responseStatus: "declined" }] }],
  },
  {
    ...{ name: "an event of another booking", expected: conflict("other_booking") },
    own: [{ extendedProperties: { private: { bookingId: "0a1b2c3d-0000-4000-8000-0123456789ab" } } }],
  },
  { name: "the event in a colleague's calendar", expected: create, own: [], colleagues: [{}] },
];

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MEETING_MINUTES = 30;

/** Types every situation into calendars, each on a day of its own from `firstDay` on, and gives the bookings to it. */
export async function typeEventsByHand(
  stack: LocalStack,
  { consultants, firstDay }: { readonly consultants: readonly PlatformConsultant[]; readonly firstDay: Date },
): Promise<HandTypedCase[]> {
  const cases: HandTypedCase[] = [];
  for (const [nth, { name, expected, own, colleagues = [] }] of situations.entries()) {
    const startsAt = new Date(firstDay.getTime() + 2 * nth * DAY_MS + 10 * 60 * MINUTE_MS);
    const [consultant, colleague] = [0, 1].map((next) => consultants[(nth + next) % consultants.length]);
    if (consultant === undefined || colleague === undefined) throw new Error("there are no consultants");
    for (const typed of own) await typeEvent(stack, consultant, { typed, startsAt });
    for (const typed of colleagues) await typeEvent(stack, colleague, { typed, startsAt });
    const booking = {
      consultantId: consultant.consultantId,
      startsAt,
      minutes: MEETING_MINUTES,
      customerEmail: customer,
    };
    cases.push({ name, expected, booking });
  }
  return cases;
}

/** As the consultant's own calendar application does it. */
async function typeEvent(
  stack: LocalStack,
  { email }: PlatformConsultant,
  { typed, startsAt }: { readonly typed: Typed; readonly startsAt: Date },
): Promise<void> {
  const scope = "https://www.googleapis.com/auth/calendar.events";
  const body = {
    ...{ summary: "Call with Oscar", description: "typed by hand", location: "at my desk" },
    attendees: [{ email: customer, displayName: "Oscar", responseStatus: "accepted" }, { email }],
    ...typed,
    ...{ start: timeOf(typed["start"] ?? at(0), startsAt), end: timeOf(typed["end"] ?? at(MEETING_MINUTES), startsAt) },
  };
  const address = `${stack.addresses.calendar}/calendar/v3/calendars/primary/events?conferenceDataVersion=1`;
  const answer = await fetch(address, {
    method: "POST",
    headers: {
      authorization: `Bearer ${stack.google.oauth.userAccessToken(email, [scope])}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`the calendar refused an event: ${answer.status} ${await answer.text()}`);
}

function timeOf(time: unknown, startsAt: Date) {
  const day = (after: number) => ({ date: new Date(startsAt.getTime() + after * DAY_MS).toISOString().slice(0, 10) });
  if (time === "day") return day(0);
  if (time === "next day") return day(1);
  const { minutes } = time as ReturnType<typeof at>;
  return { dateTime: new Date(startsAt.getTime() + minutes * MINUTE_MS).toISOString(), timeZone: "America/New_York" };
}
