import { describe, expect, it } from "vitest";
import { attributeSpeakers } from "#domain/attribute-speakers.ts";
import type { SpokenWord } from "#domain/spoken-word.ts";
import { scriptedConversation } from "#testing/scripted-conversation.ts";
import { type EntryFaults, holdMeeting } from "#testing/simulated-meeting.ts";

/** Share of turns whose words were mostly given to the person who spoke them. */
function rightTurns(turns: number, faults: Partial<EntryFaults>, seed = 7): number {
  const script = scriptedConversation(turns, seed);
  const { words, turnOfWord, entries } = holdMeeting(script, faults, seed);
  const votes = script.map(() => ({ right: 0, wrong: 0 }));
  for (const [index, { speaker }] of attributeSpeakers(words, { entries, presences: [] }).entries()) {
    const turn = turnOfWord[index]!;
    votes[turn]![speaker === script[turn]!.speaker ? "right" : "wrong"] += 1;
  }
  return votes.filter(({ right, wrong }) => right > wrong).length / votes.length;
}

const word = (text: string, startsMs: number, speakerLabel: string | null = null): SpokenWord => ({
  text,
  startsMs,
  endsMs: startsMs + 300,
  confidence: null,
  speakerLabel,
});

describe("speakers from Meet's entries", () => {
  it.each([
    ["as they usually are", {}, 0.998],
    ["with words lost and added too", { changedWords: 0.05, lostWords: 0.02, addedWords: 0.02 }, 0.99],
    ["in short pieces", { wordsPerEntry: 8, joined: 0.5 }, 0.998],
    ["merged over other people's interjections", { mergedOver: 0.05 }, 0.99],
    ["from a clock that is three seconds ahead", { clockAheadMs: 3_000 }, 0.998],
    ["from a clock that is a second and a half behind", { clockAheadMs: -1_500 }, 0.998],
    ["twice as bad in everything", { changedWords: 0.16, jitterMs: 300, lostWords: 0.02 }, 0.98],
  ] satisfies [string, Partial<EntryFaults>, number][])(
    "are right where the entries are %s",
    (_name, faults, atLeast) => {
      expect(rightTurns(600, faults)).toBeGreaterThanOrEqual(atLeast);
    },
  );

  it("are right for many seeds", () => {
    const shares = [1, 2, 3, 4, 5, 6].map((seed) => rightTurns(200, {}, seed));
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.99);
  });

  it("cost time in proportion to the length", () => {
    const held = holdMeeting(scriptedConversation(5_000, 3), {}, 3);
    const startedAt = process.threadCpuUsage();
    attributeSpeakers(held.words, { entries: held.entries, presences: [] });
    expect(held.words.length).toBeGreaterThan(60_000);
    // Processor time in microseconds: other processes of a busy machine do not count.
    expect(process.threadCpuUsage(startedAt).user).toBeLessThan(3_000_000);
  });

  it("stay unknown for words that no entry is near to", () => {
    const words = [word("hello", 0), word("anybody", 20_000), word("there", 20_400)];
    const entries = [{ participant: "ada", text: "hello", startsMs: 0, endsMs: 300 }];
    expect(attributeSpeakers(words, { entries, presences: [] }).map(({ speaker }) => speaker)).toEqual([
      "ada",
      null,
      null,
    ]);
  });

  it("give words between two words of one entry to that entry", () => {
    const words = ["one", "two", "three", "four"].map((text, index) => word(text, index * 400));
    const entries = [{ participant: "ada", text: "one four", startsMs: 0, endsMs: 1_500 }];
    const found = attributeSpeakers(words, { entries, presences: [] });
    expect(found.every(({ speaker, source }) => speaker === "ada" && source === "meet_entry")).toBe(true);
  });

  it("survive entries that are empty, backwards in time, or long before and after everything", () => {
    const words = [word("hello", 0), word("you", 400)];
    const entries = [
      { participant: "ghost", text: "", startsMs: 0, endsMs: 0 },
      { participant: "ghost", text: "long ago", startsMs: -9_000_000, endsMs: -8_999_000 },
      { participant: "ghost", text: "much later", startsMs: 9_000_000, endsMs: 9_000_000 },
      { participant: "ada", text: "hello you", startsMs: 50, endsMs: 650 },
    ];
    expect(attributeSpeakers(words, { entries, presences: [] }).map(({ speaker }) => speaker)).toEqual(["ada", "ada"]);
  });
});

describe("speakers without entries", () => {
  it("are the one who was alone in the room", () => {
    const presences = [
      { participant: "ada", startsMs: 0, endsMs: 60_000 },
      { participant: "bob", startsMs: 10_000, endsMs: Number.POSITIVE_INFINITY },
    ];
    const words = [word("early", 1_000), word("both", 20_000), word("late", 70_000)];
    expect(attributeSpeakers(words, { entries: [], presences })).toEqual([
      { speaker: "ada", source: "meet_session" },
      { speaker: null, source: "none" },
      { speaker: "bob", source: "meet_session" },
    ]);
  });

  it("are the voices that Speech told apart", () => {
    const words = [word("a", 0, "1"), word("b", 400, "2")];
    expect(attributeSpeakers(words, { entries: [], presences: [] })).toEqual([
      { speaker: "1", source: "diarization" },
      { speaker: "2", source: "diarization" },
    ]);
  });

  it("are unknown when nothing tells", () => {
    expect(attributeSpeakers([word("a", 0)], { entries: [], presences: [] })).toEqual([
      { speaker: null, source: "none" },
    ]);
  });
});
