import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SpokenWord } from "#domain/spoken-word.ts";
import { buildSegments, transcriptText } from "#domain/transcript.ts";
import { scriptedConversation } from "#testing/scripted-conversation.ts";
import { holdMeeting } from "#testing/simulated-meeting.ts";

const nobody = { entries: [], presences: [], names: new Map<string, string>() };
const said = (texts: readonly string[], stepMs = 400): SpokenWord[] =>
  texts.map((text, index) => ({
    text,
    startsMs: index * stepMs,
    endsMs: index * stepMs + 300,
    confidence: 0.8,
    speakerLabel: null,
  }));

describe("a transcript", () => {
  it("has one line a turn, with the names that participants go by", () => {
    const [ada = [], bob = []] = [said(["Good", "morning."]), said(["Hello", "Ada."])];
    const words = [
      ...ada,
      ...bob.map((word) => ({ ...word, startsMs: word.startsMs + 900, endsMs: word.endsMs + 900 })),
    ];
    const entries = [
      { participant: "p/1", text: "good morning", startsMs: 20, endsMs: 650 },
      { participant: "p/2", text: "hello ada", startsMs: 880, endsMs: 1_650 },
    ];
    const segments = buildSegments(words, { ...nobody, entries, names: new Map([["p/1", "Ada Lovelace"]]) });
    expect(transcriptText(segments)).toBe("Ada Lovelace: Good morning.\nUnknown speaker: Hello Ada.");
    expect(segments[0]).toEqual({
      speaker: "Ada Lovelace",
      speakerSource: "meet_entry",
      startsMs: 0,
      endsMs: 700,
      text: "Good morning.",
      confidence: 0.8,
    });
    expect(segments[1]).toMatchObject({ speaker: null, speakerSource: "none" });
  });

  it("names voices by number where only they are known", () => {
    const words = said(["a", "b"]).map((word, index) => ({ ...word, speakerLabel: String(index + 1) }));
    expect(transcriptText(buildSegments(words, nobody))).toBe("Speaker 1: a\nSpeaker 2: b");
  });

  it("begins a new turn after a long silence and in a monologue without end", () => {
    expect(buildSegments(said(["one", "two"], 5_000), nobody)).toHaveLength(2);
    const monologue = said(Array.from({ length: 1_000 }, (_, index) => (index % 10 === 9 ? "end." : "word")));
    const lengths = buildSegments(monologue, nobody).map(({ text }) => text.split(" ").length);
    expect(lengths).toEqual([150, 150, 150, 150, 150, 150, 100]);
  });

  it("keeps every word, in order, whatever the entries say", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (turns, seed, bad) => {
          const faults = { changedWords: bad, jitterMs: bad * 5_000, mergedOver: bad / 2 };
          const { words, entries } = holdMeeting(scriptedConversation(turns, seed), faults, seed);
          const segments = buildSegments(words, { ...nobody, entries });
          expect(segments.flatMap(({ text }) => text.split(" "))).toEqual(words.map(({ text }) => text));
        },
      ),
      { numRuns: 40 },
    );
  });

  it("is one line a turn for any words and names, without NUL, line breaks or half characters", () => {
    const nasty = fc.string({ unit: "binary", maxLength: 12 });
    fc.assert(
      fc.property(fc.array(nasty, { minLength: 1, maxLength: 20 }), nasty, (texts, name) => {
        const words = said(texts.map((text) => `${text}\n\u0000\ud800x`));
        const entries = [{ participant: "p", text: "x", startsMs: 0, endsMs: 10_000 }];
        const segments = buildSegments(words, { ...nobody, entries, names: new Map([["p", `${name}\u2028\r\n`]]) });
        const text = transcriptText(segments);
        expect(text.split(/[\n\r\u2028\u2029\u0085]/)).toHaveLength(segments.length);
        expect(text.includes("\0")).toBe(false);
        expect(text.isWellFormed()).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it("is empty where nothing was said", () => {
    expect(buildSegments([], nobody)).toEqual([]);
    expect(buildSegments(said([" ", "\u0000"]), nobody)).toEqual([]);
  });
});
