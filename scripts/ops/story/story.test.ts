import { expect, it } from "vitest";
import type { BookingLedger } from "./ledger.ts";
import { tellStory } from "./tell-story.ts";
import { ledgerRow, movedTwice } from "./testing/moved-twice.ts";

const paragraphs = (ledger: BookingLedger, options = {}): string[] =>
  tellStory(ledger, options).paragraphs.map(({ about, sentences }) =>
    [`[${about}]`, ...sentences.map(({ text }) => text)].join(" "),
  );
const story = (ledger: BookingLedger): string => paragraphs(ledger).join("\n");

it("tells of a booking that was moved twice, lost its access in between and was recorded in two parts", () => {
  expect(paragraphs(movedTwice)).toEqual([
    "[booked] This booking was confirmed on Monday 2 November 2026 at 09:12, for Thursday 12 November, 14:00 to 15:00; " +
      "its event and Meet link were made at once, Meet was asked to record it and one minute later the customer got " +
      "the confirmation by mail.",
    "[changes] On Wednesday 4 November at 11:30 it was moved, to Friday 13 November, 10:00 to 11:00; two minutes later, " +
      "after two failed tries (Google Calendar is not available), the event followed.",
    "[trouble] On Thursday 5 November at 22:10 the consultant's Google access turned out to have ended; one minute " +
      "later a mail asked them to connect again. On Friday 6 November at 08:02 it was moved again, to Monday " +
      "16 November, 10:00 to 11:00, and it had to wait, because the consultant's Google access had ended. At 08:42, " +
      "forty minutes later, the consultant connected Google again, and the event followed at once.",
    "[meeting] The meeting was captured in two recordings. The first ran on Monday 16 November from 10:02 to 10:34; " +
      "its audio, thirty-two minutes of it, was copied at 10:41. The second ran from 10:36 to 10:58; its audio, " +
      "twenty-two minutes of it, was copied at 11:06, after two failed tries (Google Drive is not available).",
    "[outcome] The first was given to Speech-to-Text at 10:41 and came back at 10:49 as a transcript of 4,812 words with " +
      "the speakers' names. The second was given to Speech-to-Text at 11:06 and came back at 11:12 as a transcript of " +
      "3,120 words with the speakers' names. The insights were made at 10:49, and made anew at 11:12, when the text had " +
      "changed.",
    "[now] Now it is finished: transcript and insights are on the booking. Nobody needs to do anything.",
  ]);
});

it("tells the same times in UTC when that is asked for, and in UTC when nobody here knows the zone", () => {
  const inUtc = paragraphs(movedTwice, { utc: true });
  expect(inUtc[0]).toContain("on Monday 2 November 2026 at 08:12, for Thursday 12 November, 13:00 to 14:00");
  const elsewhere = { ...movedTwice, booking: { ...movedTwice.booking!, timeZone: "Mars/Olympus" } };
  expect(tellStory(elsewhere)).toEqual({ ...tellStory(movedTwice, { utc: true }) });
});

it("says on which rows of the ledger each sentence rests", () => {
  const rows = new Map(movedTwice.rows.map((row) => [`${row.kind} ${row.id}`, row.name]));
  const { paragraphs: told } = tellStory(movedTwice);
  const rests = (about: string, index: number) =>
    told
      .find((one) => one.about === about)
      ?.sentences[index]?.rows.map(({ kind, id }) => rows.get(`${kind} ${id}`) ?? kind);
  expect(rests("trouble", 2)).toEqual(["connection.regained", "calendar.patch"]);
  expect(rests("now", 0)).toEqual(["booking"]);
});

const plain = (more: Partial<BookingLedger["booking"] & object>, rows: BookingLedger["rows"] = []): BookingLedger => ({
  ...movedTwice,
  booking: { ...movedTwice.booking!, ...more },
  rows,
});

it.each([
  ["pending", "nobody needs to do anything: it goes on by itself"],
  ["scheduled", "the meeting is over (Monday 16 November, 10:00 to 11:00), and no recording of it has been found yet"],
  ["needs_reconnect", "the consultant has to connect Google; nobody else can"],
  ["captured", "the transcript is being made"],
  ["transcribed", "the insights are being made"],
  ["cancelled", "it is called off"],
  ["failed", "somebody has to mend what the row says"],
  ["held", 'it stands as "held"'],
])("says where a booking stands that is %s", (pipelineStatus, words) => {
  const since = new Date(movedTwice.asOf.getTime() - 60_000);
  expect(story(plain({ pipelineStatus, since })).toLowerCase()).toContain(words.toLowerCase());
});

it("repeats what the row says of a failure, without anybody's address, and says what helps", () => {
  const recording = {
    ...ledgerRow("2026-11-16T09:00:00Z", ["recording", null, "recording", "failed"], {
      recordingId: "r-1",
      detail: { reason: "gone" },
    }),
    id: "r-1",
  };
  const text = story(plain({ pipelineStatus: "failed", reason: "Google Drive refused ada@example.com." }, [recording]));
  expect(text).toContain("The row says: Google Drive refused [an address].");
  expect(text).toContain("npm run ops -- replay --recording r-1");
  expect(text).not.toMatch(/Nobody needs|resync/);
});

it("tells of a deleted booking by its tombstone, in the zone of its last change", () => {
  const from = { startsAt: "2030-05-06T10:00:00Z", endsAt: "2030-05-06T11:00:00Z", timeZone: "Europe/Berlin" };
  const ledger = {
    ...movedTwice,
    booking: null,
    tombstone: { deletedAt: new Date("2026-11-03T10:00:00Z"), doneAt: null },
    rows: [
      ledgerRow("2026-11-02T10:00:00Z", ["outbox", null, "booking.changed", "published"]),
      ledgerRow("2026-11-03T10:00:00Z", ["change", null, "booking.deleted", null], { detail: { from } }),
    ],
  };
  expect(paragraphs(ledger)).toEqual([
    "[booked] This booking was confirmed on Monday 2 November 2026 at 11:00, for Monday 6 May 2030, 12:00 to 13:00.",
    "[changes] On Tuesday 3 November at 11:00 it was deleted.",
    "[now] Now it is deleted (at 11:00); its calendar events are still to be removed. " +
      `Keep-watch asks again by itself; to ask at once: npm run ops -- resync --booking ${movedTwice.bookingId} --yes.`,
  ]);
});

it("says plainly what it has no words for", () => {
  const rows = [ledgerRow("2026-11-02T09:00:00Z", ["effect", "water-plants", "plant.water", "wet"])];
  expect(story(plain({}, rows))).toContain('"plant.water: wet" was noted');
});

it("folds rounds of keep-watch and names a booking's former times only when they are known", () => {
  const overdue = (at: string) => ledgerRow(at, ["outbox", null, "booking.overdue", "published"]);
  const rows = [
    ledgerRow("2026-11-02T08:12:00Z", ["outbox", null, "booking.changed", "published"]),
    ledgerRow("2026-11-02T10:00:00Z", ["outbox", null, "booking.changed", "published"]),
    ...["2026-11-02T11:00:00Z", "2026-11-02T11:10:00Z", "2026-11-02T11:20:00Z"].map(overdue),
  ];
  const text = story(plain({}, rows));
  expect(text).toContain("at 09:12.");
  expect(text).toContain("At 11:00 something about it was changed.");
  expect(text).toContain("so it was asked for again, three times in all, the last at 12:20.");
});
