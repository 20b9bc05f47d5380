import type { LeftOut } from "#domain/insights.ts";
import type { Language } from "#ports/language.ts";
import type { MeetingArtifacts, MeetTranscriptEntry } from "#ports/meeting-artifacts.ts";
import type { ObjectStore, StoredObject } from "#ports/object-store.ts";

/** Chunks of `Name: what they said` lines; a word every 400 ms. */
export interface ScriptedRecording {
  readonly chunks: readonly (readonly string[])[];
}

const NAMES: Readonly<Record<string, string>> = { Ada: "Ada Lovelace", Grace: "Grace Hopper" };
const STEP_MS = 400;

interface SaidWord {
  readonly speaker: string;
  readonly text: string;
}

const wordsOf = (lines: readonly string[]): SaidWord[] =>
  lines.flatMap((line) => {
    const [speaker = "", text = ""] = line.split(/: (.*)/);
    return text.split(" ").map((word) => ({ speaker, text: word }));
  });

/** Bucket, Meet and Natural Language in memory, with the faults a test asks for and a count of what was asked. */
export class FakeWorld {
  readonly calls = { read: 0, participants: 0, entries: 0, language: 0 };
  meetFailure: Error | null = null;
  languageFailure: Error | null = null;
  languageSupported = true;
  beforeLanguage: (() => Promise<void>) | null = null;
  readonly #texts = new Map<string, { readonly text: string; readonly generation: string }>();
  readonly #entries = new Map<string, MeetTranscriptEntry[]>();

  /** Writes the Speech result for some lines; gives the object's name. */
  put(name: string, lines: readonly string[], generation = "1"): string {
    const words = wordsOf(lines).map(({ text }, index) => ({
      word: text,
      startOffset: `${(index * STEP_MS) / 1000}s`,
      endOffset: `${(index * STEP_MS + 300) / 1000}s`,
    }));
    const results = words.length === 0 ? [] : [{ alternatives: [{ words }], languageCode: "en-US" }];
    this.putText(name, JSON.stringify({ results, metadata: { totalBilledDuration: "9s" } }), generation);
    return name;
  }

  putText(name: string, text: string, generation = "1"): void {
    this.#texts.set(name, { text, generation });
  }

  take(name: string): string {
    const text = this.#texts.get(name)?.text ?? "";
    this.#texts.delete(name);
    return text;
  }

  restore(name: string, text: string): void {
    this.putText(name, text);
  }

  /** Notes what was said in Meet's way, one entry a line, in the conference of the recording. */
  hold(conferenceRecord: string, script: ScriptedRecording, startedAt: string): void {
    const entries = this.#entries.get(conferenceRecord) ?? [];
    for (const lines of script.chunks) {
      let atMs = new Date(startedAt).getTime();
      for (const line of lines) {
        const words = wordsOf([line]);
        entries.push({
          participantName: `${conferenceRecord}/participants/${words[0]?.speaker ?? ""}`,
          text: words.map(({ text }) => text).join(" "),
          languageCode: "en-US",
          startsAt: new Date(atMs),
          endsAt: new Date(atMs + words.length * STEP_MS - 100),
        });
        atMs += words.length * STEP_MS;
      }
    }
    this.#entries.set(conferenceRecord, entries);
  }

  readonly objects: Pick<ObjectStore, "list" | "read"> = {
    list: async (prefix) =>
      [...this.#texts].flatMap(([name, { text, generation }]): StoredObject[] =>
        name.startsWith(prefix) ? [{ name, generation, sizeBytes: text.length, crc32c: "AAAAAA==" }] : [],
      ),
    read: async (name) => {
      this.calls.read += 1;
      return Buffer.from(this.#texts.get(name)?.text ?? "");
    },
  };

  readonly meetings: Pick<MeetingArtifacts, "participants" | "transcriptEntries"> = {
    participants: async (_userId, conferenceRecord) => {
      this.calls.participants += 1;
      if (this.meetFailure !== null) throw this.meetFailure;
      return Object.entries(NAMES).map(([short, displayName]) => ({
        name: `${conferenceRecord}/participants/${short}`,
        displayName,
        kind: "signed_in" as const,
        googleUserId: null,
        sessions: [],
      }));
    },
    transcriptEntries: async (_userId, conferenceRecord) => {
      this.calls.entries += 1;
      return this.#entries.get(conferenceRecord) ?? [];
    },
  };

  readonly language: Language = {
    analyze: async ({ text, beforeRequests }) => {
      await beforeRequests();
      this.calls.language += 1;
      await this.beforeLanguage?.();
      if (this.languageFailure !== null) throw this.languageFailure;
      if (!this.languageSupported) return { analysis: null, leftOut: [NOT_SUPPORTED], billedUnits: 0, requests: 0 };
      const grace = { name: "Grace", type: "PERSON" as const, salience: 1, mentions: 1, sentiment: null, url: null };
      const analysis = {
        language: "en",
        characters: text.length,
        sentences: 4,
        sentiment: { score: 0.3, magnitude: 4 },
        entities: [grace],
      };
      return { analysis, leftOut: [], billedUnits: 3, requests: 1 };
    },
  };
}

const NOT_SUPPORTED: LeftOut = {
  what: "sentiment",
  reason: "language_not_supported",
  message: "Natural Language does not support the language of this meeting.",
};
