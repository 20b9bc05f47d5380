import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { standingAlone, withoutDisfluencies } from "#domain/clean-speech.ts";
import { analysisText, buildInsights } from "#domain/insights.ts";
import { type LanguageAnalysis, mergeAnalyses } from "#domain/language-analysis.ts";
import { splitText } from "#domain/split-text.ts";
import { summarize, summaryBudget, summaryText } from "#domain/summarize.ts";
import type { TranscriptSegment } from "#domain/transcript.ts";
import { scriptedConversation } from "#testing/scripted-conversation.ts";
import type { ScriptTurn } from "#testing/simulated-meeting.ts";

const segmentsOf = (turns: readonly ScriptTurn[]): TranscriptSegment[] =>
  turns.map(({ speaker, content }, index) => ({
    speaker,
    speakerSource: "meet_entry",
    startsMs: index * 5_000,
    endsMs: index * 5_000 + 4_000,
    text: content,
    confidence: null,
  }));
const call = JSON.parse(readFileSync(new URL("../../scripts/demo/consulting-call.json", import.meta.url), "utf8")) as {
  meeting_transcripts: ScriptTurn[];
};
const piece = (more: Partial<LanguageAnalysis>): LanguageAnalysis => ({
  language: "en",
  characters: 100,
  sentences: 10,
  sentiment: { score: 0, magnitude: 0 },
  entities: [],
  ...more,
});
const entity = (name: string, salience: number, more: object = {}) => ({
  name,
  type: "PERSON" as const,
  salience,
  mentions: 1,
  sentiment: null,
  url: null,
  ...more,
});

describe("a summary", () => {
  it("says of the demo's call what was decided, within its budget, the same every time", () => {
    const segments = segmentsOf(call.meeting_transcripts);
    const sentences = summarize(segments);
    const text = summaryText(sentences);
    expect(text).toContain("Dr. Lena Hoffmann: ");
    expect(text).toMatch(/twelve best blends/);
    expect(text.split(" ").length).toBeLessThan(summaryBudget(1_600) * 1.2);
    expect(summarize(segments)).toEqual(sentences);
    expect(sentences.map(({ startsMs }) => startsMs)).toEqual(
      sentences.map(({ startsMs }) => startsMs).sort((a, b) => a - b),
    );
  });

  it("leaves annotations, fillers and stutters out of what it quotes", () => {
    expect(withoutDisfluencies("Um , {vocalsound} so we we need , uh , the the budget {disfmarker} .")).toBe(
      "so we need, the budget.",
    );
    expect(standingAlone("so, yeah, you know, we need the budget")).toBe("We need the budget.");
  });

  it("is empty where nobody says anything that stands alone", () => {
    expect(
      summarize(
        segmentsOf([
          { speaker: "A", content: "{vocalsound}" },
          { speaker: "B", content: "Yeah ." },
        ]),
      ),
    ).toEqual([]);
  });

  it("puts no word into anybody's mouth", () => {
    const turns = scriptedConversation(120, 5);
    const spoken = new Set(turns.flatMap(({ content }) => content.toLowerCase().match(/[a-z'-]+/g) ?? []));
    for (const { text } of summarize(segmentsOf(turns))) {
      for (const word of text.toLowerCase().match(/[a-z'-]+/g) ?? []) expect(spoken).toContain(word);
    }
  });

  it("takes hostile text in time that grows with its length", () => {
    const nasty = [
      "m".repeat(50_000),
      "{".repeat(50_000),
      "a ".repeat(50_000),
      "'".repeat(50_000),
      ", ".repeat(50_000),
      "?!".repeat(50_000),
    ];
    const startedAt = process.threadCpuUsage();
    for (const content of nasty) {
      const segments = segmentsOf([{ speaker: "A", content }]);
      summarize(segments);
      analysisText(segments);
    }
    expect(process.threadCpuUsage(startedAt).user).toBeLessThan(5_000_000);
  });
});

describe("insights", () => {
  const sources = { transcriptHash: "f".repeat(64), spokenLanguage: "en-US", leftOut: [] };

  it("hold the fixed names, about the text they name", () => {
    const analysis = piece({ sentiment: { score: 0.4, magnitude: 12 }, entities: [entity("Leeds", 0.2)] });
    const insights = buildInsights({ ...sources, segments: segmentsOf(call.meeting_transcripts), analysis });
    expect(insights).toMatchObject({
      version: 1,
      transcriptHash: sources.transcriptHash,
      language: "en-US",
      sentiment: { score: 0.4, magnitude: 12, label: "positive" },
      entities: [{ name: "Leeds", type: "PERSON", salience: 0.2 }],
      leftOut: [],
    });
    expect(insights.talkTime.map(({ speaker }) => speaker).sort()).toEqual([
      "Dr. Lena Hoffmann",
      "Marcus Reid",
      "Priya Nair",
    ]);
    expect(insights.talkTime.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 2);
  });

  it.each([
    [0.3, 5, "positive"],
    [-0.3, 5, "negative"],
    [0.1, 9, "mixed"],
    [-0.1, 1, "neutral"],
  ])("call a score of %d with a magnitude of %d over ten sentences %s", (score, magnitude, label) => {
    const analysis = piece({ sentiment: { score, magnitude } });
    expect(buildInsights({ ...sources, segments: [], analysis }).sentiment?.label).toBe(label);
  });

  it("say what is missing and why instead of inventing zeros", () => {
    const leftOut = [{ what: "sentiment", reason: "language_not_supported", message: "…" }] as const;
    const insights = buildInsights({ ...sources, segments: [], analysis: null, leftOut });
    expect(insights).toMatchObject({ sentiment: null, entities: [], summary: "" });
    expect(insights.leftOut.map(({ what }) => what)).toEqual(["sentiment", "summary"]);
  });
});

describe("analyses of several pieces", () => {
  it("are merged by length, entities by name and type", () => {
    const merged = mergeAnalyses([
      piece({
        characters: 300,
        sentiment: { score: 0.4, magnitude: 3 },
        entities: [entity("Leeds", 0.6, { mentions: 3, sentiment: { score: 0.5, magnitude: 1 } }), entity("Tom", 0.4)],
      }),
      piece({
        language: "de",
        sentiment: { score: -0.4, magnitude: 2 },
        entities: [
          entity("leeds", 1, { sentiment: { score: -0.5, magnitude: 1 } }),
          entity("Leeds", 0.1, { type: "LOCATION" }),
        ],
      }),
    ]);
    expect(merged).toMatchObject({
      language: "en",
      characters: 400,
      sentences: 20,
      sentiment: { score: 0.2, magnitude: 5 },
    });
    expect(merged.entities.map(({ name, type, salience, mentions }) => [name, type, salience, mentions])).toEqual([
      ["Leeds", "PERSON", 0.7, 4],
      ["Tom", "PERSON", 0.3, 1],
      ["Leeds", "LOCATION", 0.025, 1],
    ]);
    expect(merged.entities[0]?.sentiment).toEqual({ score: 0.25, magnitude: 2 });
  });

  it("come of pieces that joined are the text, none too long, none with half a character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), fc.integer({ min: 2, max: 40 }), (text, limit) => {
        const pieces = splitText(text, limit);
        expect(pieces.join("")).toBe(text);
        expect(pieces.every((part) => part.length <= limit && part.isWellFormed())).toBe(true);
      }),
    );
  });

  it("are cut between turns, else between sentences, else between words", () => {
    expect(splitText("first turn here\nsecond. turn", 20)).toEqual(["first turn here\n", "second. turn"]);
    expect(splitText("One sentence. Another one", 20)).toEqual(["One sentence. ", "Another one"]);
    expect(splitText("words and more words", 15)).toEqual(["words and more ", "words"]);
  });
});
