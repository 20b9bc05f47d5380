import { describe, expect, it } from "vitest";
import { parseSpeechOutput, SpeechOutputError } from "#contracts/speech-output.ts";

const word = (text: string, startOffset?: string, endOffset?: string, more: object = {}) => ({
  word: text,
  ...(startOffset === undefined ? {} : { startOffset }),
  ...(endOffset === undefined ? {} : { endOffset }),
  ...more,
});
const result = (words: readonly object[], more: object = {}) => ({
  alternatives: [{ transcript: "not read where there are words", words }],
  languageCode: "en-US",
  ...more,
});
const fileOf = (results: readonly object[]): string =>
  JSON.stringify({ results, metadata: { totalBilledDuration: "61s" } });

describe("a Speech result file", () => {
  it("gives its words in order, with left-out zeros and fractions of a second", () => {
    const output = parseSpeechOutput(
      fileOf([
        result([
          word("Good", undefined, "0.400s", { confidence: 0.75, speakerLabel: "1" }),
          word("morning.", "0.400s", "0.960s"),
        ]),
        result([word("Hello", "1s", "1.0405s", { confidence: 0 })]),
      ]),
    );
    expect(output).toEqual({
      version: 1,
      languageCode: "en-US",
      billedSeconds: 61,
      untimedWords: 0,
      words: [
        { text: "Good", startsMs: 0, endsMs: 400, confidence: 0.75, speakerLabel: "1" },
        { text: "morning.", startsMs: 400, endsMs: 960, confidence: null, speakerLabel: null },
        { text: "Hello", startsMs: 1_000, endsMs: 1_041, confidence: null, speakerLabel: null },
      ],
    });
  });

  it("keeps words without times between their neighbours", () => {
    const { words, untimedWords } = parseSpeechOutput(
      fileOf([result([word("a", "5s", "6s"), word("b"), word("c", "7s", "8s")])]),
    );
    expect(words.map(({ text, startsMs }) => [text, startsMs])).toEqual([
      ["a", 5_000],
      ["b", 6_000],
      ["c", 7_000],
    ]);
    expect(untimedWords).toBe(1);
  });

  it("spreads a transcript without words over its result", () => {
    const untimed = { alternatives: [{ transcript: "one two" }], resultEndOffset: "3s", languageCode: "de-DE" };
    const { words, untimedWords, languageCode } = parseSpeechOutput(
      fileOf([result([word("a", "0.5s", "1s")]), untimed]),
    );
    expect(words.map(({ startsMs, endsMs }) => [startsMs, endsMs])).toEqual([
      [500, 1_000],
      [1_000, 2_000],
      [2_000, 3_000],
    ]);
    expect([untimedWords, languageCode]).toEqual([2, "de-DE"]);
  });

  it("merges channels by time", () => {
    const { words } = parseSpeechOutput(
      fileOf([
        result([word("a", "0s", "1s"), word("c", "4s", "5s")], { channelTag: 1 }),
        result([word("b", "2s", "3s")], { channelTag: 2 }),
      ]),
    );
    expect(words.map(({ text }) => text)).toEqual(["a", "b", "c"]);
  });

  it("is empty for silence", () => {
    expect(parseSpeechOutput(`{"metadata":{"totalBilledDuration":"5s"}}`).words).toEqual([]);
    expect(parseSpeechOutput(fileOf([{ resultEndOffset: "4s" }, { alternatives: [] }])).words).toEqual([]);
  });

  it.each([
    ["cut off", fileOf([result([word("a", "0s", "1s")])]).slice(0, -9), "not JSON"],
    ["empty", "", "not JSON"],
    ["another document", `{"kind":"storage#object"}`, "neither results nor metadata"],
    ["an operation's answer", `{"results":{"gs://b/a.mp4":{}},"metadata":{}}`, "results is not a list"],
    ["a list", "[]", "the file is not an object"],
    ["without a word's text", fileOf([result([{ startOffset: "1s" }])]), "results[0].alternatives[0].words[0].word"],
    ["with words that are none", fileOf([result([null as unknown as object])]), "words[0] is not an object"],
    ["with times of another kind", fileOf([result([word("a", "00:01", "1s")])]), 'not like "12.300s"'],
    ["with negative times", fileOf([result([word("a", "-1s", "1s")])]), 'not like "12.300s"'],
    ["with endless times", fileOf([result([word("a", "1e99s", "1e99s")])]), 'not like "12.300s"'],
  ])("is refused when it is %s, naming the place", (_name, text, says) => {
    expect(() => parseSpeechOutput(text)).toThrow(SpeechOutputError);
    expect(() => parseSpeechOutput(text)).toThrow(says);
  });

  it("never repeats what was said in an error", () => {
    const text = fileOf([result([word("my password is swordfish", "x")])]);
    expect(() => parseSpeechOutput(text)).toThrow(/^(?!.*swordfish)/);
    expect(() => parseSpeechOutput(`{"results": swordfish`)).toThrow(/^(?!.*swordfish)/);
  });
});
