import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DueMessage, MessageBooking } from "#ports/message-store.ts";
import { compose } from "./compose.ts";
import { inWords } from "./time-words.ts";

const LINK = "https://meet.google.com/abc-defg-hij";

const confirmation = (booking: Partial<MessageBooking> = {}, message: Partial<DueMessage> = {}): DueMessage => ({
  key: "ab".repeat(32),
  attempt: 1,
  kind: "confirmation",
  recipient: "bo@example.com",
  about: LINK,
  connection: null,
  booking: {
    status: "confirmed",
    title: "First consultation",
    startsAt: new Date("2026-11-20T09:00:00Z"),
    endsAt: new Date("2026-11-20T10:00:00Z"),
    timeZone: "Europe/Berlin",
    customerName: "Bo Larsen",
    customerEmail: "bo@example.com",
    meetingLink: LINK,
    isOver: false,
    serviceName: "Consulting",
    consultantName: "Ada",
    ...booking,
  },
  ...message,
});

const reconnect = (connection: Partial<NonNullable<DueMessage["connection"]>> = {}): DueMessage => ({
  ...confirmation(),
  kind: "reconnect_google",
  about: "3",
  booking: null,
  connection: {
    state: "needs_reconnect",
    tokenVersion: 3,
    googleEmail: "ada@example.com",
    consultantName: "Ada",
    ...connection,
  },
});

const links = { reconnectUrl: "https://app.example.com/settings?tab=google&x=1" };

function mailOf(message: DueMessage) {
  const composed = compose(message, links);
  if (composed.kind !== "mail") throw new Error(`no mail: ${composed.reason}`);
  return composed.mail;
}

describe("a confirmation", () => {
  it("says what, with whom, when in the booking's zone, and where", () => {
    expect(mailOf(confirmation())).toEqual({
      key: "ab".repeat(32),
      to: { name: "Bo Larsen", address: "bo@example.com" },
      subject: "Confirmed: First consultation",
      text: [
        "Hello Bo Larsen,",
        "your meeting is confirmed: First consultation with Ada.",
        "Friday 20 November 2026, 10:00 to 11:00 (Europe/Berlin, GMT+1)",
        `Join with Google Meet: ${LINK}\n`,
      ].join("\n\n"),
      html: expect.stringContaining(`<a href="${LINK}">${LINK}</a>`),
    });
  });

  it.each<[string, DueMessage, string]>([
    ["the booking was cancelled", confirmation({ status: "cancelled" }), "the booking is cancelled"],
    ["the booking was deleted", { ...confirmation(), booking: null }, "the booking is gone"],
    ["the meeting is over", confirmation({ isOver: true }), "the meeting is over"],
    ["the link is another one", confirmation({ meetingLink: `${LINK}x` }), "the meeting link has changed"],
    ["the link is gone", confirmation({ meetingLink: null }), "the meeting link has changed"],
    ["the address changed", confirmation({ customerEmail: "new@example.com" }), "the customer's address has changed"],
  ])("is not sent when %s meanwhile", (_when, message, reason) => {
    expect(compose(message, links)).toEqual({ kind: "skip", reason });
  });

  it.each<[string, DueMessage]>([
    [
      "a link with line breaks",
      confirmation(
        { meetingLink: "https://meet.google.com/a\nPay here" },
        { about: "https://meet.google.com/a\nPay here" },
      ),
    ],
    ["a javascript link", confirmation({ meetingLink: "javascript:alert(1)" }, { about: "javascript:alert(1)" })],
    ["a plain http link", confirmation({ meetingLink: "http://meet" }, { about: "http://meet" })],
    ["a zone nobody knows", confirmation({ timeZone: "Mars/Olympus" })],
    ["two addresses", confirmation({}, { recipient: "a@example.com,b@example.com" })],
    ["an address with a header in it", confirmation({}, { recipient: "a@example.com\r\nBcc: b@example.com" })],
    ["no address at all", confirmation({}, { recipient: "nobody" })],
  ])("fails visibly with %s", (_what, message) => {
    expect(compose(message, links).kind).toBe("fail");
  });

  it("lets no name, title or service start a header, a line of its own or a tag", () => {
    const nasty = fc
      .array(fc.constantFrom("\r\n", "\n", "\u2028", "\u202e", "<script>", "Bcc: x", '"', "é", "💬", " ", "\0"), {
        maxLength: 12,
      })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(nasty, nasty, nasty, (customerName, title, consultantName) => {
        const { subject, to, text, html } = mailOf(confirmation({ customerName, title, consultantName }));
        expect(`${subject}${to.name}`).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u);
        expect(text.split("\n\n")).toHaveLength(4);
        expect(html).not.toContain("<script>");
      }),
    );
  });

  it("keeps a very long title out of the subject", () => {
    const { subject, text } = mailOf(confirmation({ title: "x".repeat(10_000) }));
    expect([subject.length, text.length > 10_000]).toEqual([150, true]);
  });
});

describe("the mail about a lost Google access", () => {
  it("names the account and the page to go to", () => {
    const { subject, text, html } = mailOf(reconnect());
    expect(subject).toBe("Connect Google again");
    expect(text).toContain(`ada@example.com has ended`);
    expect(text).toContain(links.reconnectUrl);
    expect(html).toContain('<a href="https://app.example.com/settings?tab=google&amp;x=1">');
  });

  it.each([
    ["has connected again", reconnect({ state: "connected", tokenVersion: 4 })],
    ["has connected again and lost it again: that is another incident", reconnect({ tokenVersion: 5 })],
    ["has disconnected", reconnect({ state: "disconnected" })],
  ])("is not sent when the consultant %s", (_when, message) => {
    expect(compose(message, links)).toMatchObject({ kind: "skip" });
  });
});

describe("a meeting's time in words", () => {
  const meeting = (startsAt: string, endsAt: string, timeZone: string) =>
    inWords({ startsAt: new Date(startsAt), endsAt: new Date(endsAt), timeZone });

  it.each([
    [
      "2026-11-20T23:30:00Z",
      "2026-11-21T00:30:00Z",
      "UTC",
      "Friday 20 November 2026, 23:30 to Saturday 21 November 2026, 00:30 (UTC, GMT)",
    ],
    [
      "2026-07-01T18:15:00Z",
      "2026-07-01T19:00:00Z",
      "Asia/Kathmandu",
      "Thursday 2 July 2026, 00:00 to 00:45 (Asia/Kathmandu, GMT+5:45)",
    ],
    // The night in which clocks go back: 02:30 comes twice.
    [
      "2026-10-25T00:30:00Z",
      "2026-10-25T01:30:00Z",
      "Europe/Berlin",
      "Sunday 25 October 2026, 02:30 to 02:30 (Europe/Berlin, GMT+2, then GMT+1)",
    ],
  ])("%s to %s in %s", (startsAt, endsAt, timeZone, words) => {
    expect(meeting(startsAt, endsAt, timeZone)).toBe(words);
  });
});
