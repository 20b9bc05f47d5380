import fc from "fast-check";
import { expect, it } from "vitest";
import type { BookingLedger, LedgerRow } from "./ledger.ts";
import { CHANGES, EFFECTS, MAILS, MESSAGES } from "./phrases.ts";
import { tellStory } from "./tell-story.ts";
import { ledgerRow, movedTwice } from "./testing/moved-twice.ts";

const RUNS = { numRuns: 300 };

/** Rows of the fixture, some missing, some twice, in any order. */
const disturbed = fc
  .array(fc.constantFrom(...movedTwice.rows), { maxLength: 2 * movedTwice.rows.length })
  .map((rows) => ({ ...movedTwice, rows }));

const outcomes = ["inserted", "patched", "sent", "failed", "skipped (late)", "google_signed_out", "dead", "odd", ""];
const names = (table: object) => fc.constantFrom(...Object.keys(table), "unheard.of");
const anyRow: fc.Arbitrary<LedgerRow> = fc
  .record({
    kind: fc.constantFrom("outbox", "change", "effect", "mail", "recording", "job", "transcript"),
    effect: names(EFFECTS),
    change: names(CHANGES),
    message: names(MESSAGES),
    mail: names(MAILS),
    outcome: fc.constantFrom(...outcomes),
    at: fc.date({ min: new Date("2026-11-01"), max: new Date("2026-11-20"), noInvalidDate: true }),
    recordingId: fc.constantFrom("r1", "r2", undefined),
    detail: fc.dictionary(
      fc.constantFrom("from", "to", "fields", "reason", "words", "durationMs", "startedAt", "key"),
      fc.oneof(
        fc.constantFrom("needs_reconnect", "failed", "x@y.example", "2026-11-03T10:00:00Z", "", ".", ["times"], [""]),
        fc.constantFrom(null, {}, [], true, { startsAt: 3, status: "confirmed", timeZone: null }),
        fc.integer(),
      ),
    ),
  })
  .map(({ kind, effect, change, message, mail, outcome, at, recordingId, detail }) => {
    const [step = null, named = effect] = effect.split(" ");
    const name = { outbox: message, change, effect: named, mail }[kind as string] ?? kind;
    const where = recordingId === undefined ? {} : { recordingId };
    return ledgerRow(at.toISOString(), [kind as LedgerRow["kind"], step, name, outcome], { ...where, detail });
  });
const statuses = [
  "pending",
  "scheduled",
  "needs_reconnect",
  "captured",
  "transcribed",
  "analyzed",
  "cancelled",
  "failed",
];
const anyLedger: fc.Arbitrary<BookingLedger> = fc.record({
  asOf: fc.constant(movedTwice.asOf),
  bookingId: fc.constant(movedTwice.bookingId),
  booking: fc.option(
    fc.constantFrom(...statuses, null).map((pipelineStatus) => ({ ...movedTwice.booking!, pipelineStatus })),
  ),
  tombstone: fc.option(fc.record({ deletedAt: fc.constant(new Date("2026-11-19")), doneAt: fc.constant(null) })),
  rows: fc.array(anyRow, { maxLength: 25 }),
});

const now = (ledger: BookingLedger) => tellStory(ledger).paragraphs.at(-1);

it("whatever rows are missing, doubled or out of order, where the booking stands is told the same", () => {
  const whole = now(movedTwice)!.sentences.map(({ text }) => text);
  fc.assert(
    fc.property(disturbed, (ledger) => {
      expect(now(ledger)).toMatchObject({ about: "now" });
      expect(now(ledger)!.sentences.map(({ text }) => text)).toEqual(whole);
    }),
    RUNS,
  );
});

it("the order and doubling of rows make no difference", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([...movedTwice.rows], { minLength: movedTwice.rows.length }), (rows) => {
      expect(tellStory({ ...movedTwice, rows: [...rows, ...rows.slice(0, 5)] })).toEqual(tellStory(movedTwice));
    }),
    RUNS,
  );
});

it("any rows make whole sentences that rest on rows of the ledger and name no address", () => {
  fc.assert(
    fc.property(anyLedger, (ledger) => {
      const known = new Set([...ledger.rows.map(({ kind, id }) => `${kind} ${id}`), `booking ${ledger.bookingId}`]);
      known.add(`tombstone ${ledger.bookingId}`);
      for (const { sentences } of tellStory(ledger).paragraphs) {
        for (const { text, rows } of sentences) {
          expect(text).toMatch(/^[^a-z\s].*[.!?]$/s);
          expect(text).not.toMatch(/undefined|null|NaN|Invalid|\[object|x@y| {2}|; ;|,,|\(\)/);
          expect(rows.filter(({ kind, id }) => !known.has(`${kind} ${id}`))).toEqual([]);
        }
      }
    }),
    RUNS,
  );
});

it("nobody is told that nothing is to be done about a booking that stands still", () => {
  fc.assert(
    fc.property(anyLedger, (ledger) => {
      const text =
        now(ledger)
          ?.sentences.map((one) => one.text)
          .join(" ") ?? "";
      const status = ledger.booking?.pipelineStatus;
      if (status === "failed" || status === "needs_reconnect")
        expect(text).not.toMatch(/nobody needs|finished|in place/i);
      if (ledger.booking !== null) expect(text).not.toMatch(/deleted/);
      if (status !== "analyzed") expect(text).not.toMatch(/finished/);
    }),
    RUNS,
  );
});
