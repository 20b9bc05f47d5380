import { describe, expect, it } from "vitest";
import { planTranscription } from "./transcription-plan.ts";

const HOUR = 3_600_000;
const plan = (need: Partial<Parameters<typeof planTranscription>[0]>) =>
  planTranscription({ durationMs: HOUR, language: null, residency: "us", ...need });

describe("the plan of a transcription", () => {
  it.for([1_000, HOUR, 8 * HOUR])("is one job with word times for %d ms", (durationMs) => {
    expect(plan({ durationMs })).toEqual({
      kind: "planned",
      location: "us-central1",
      chunks: [{ chunk: 0, model: "chirp_2", languageCode: "en-US" }],
    });
  });

  it("stays in Europe for European data", () => {
    expect(plan({ residency: "eu" })).toMatchObject({ location: "europe-west4" });
  });

  it("speaks the language of the meeting settings", () => {
    expect(plan({ language: "de-DE" })).toMatchObject({ chunks: [{ languageCode: "de-DE" }] });
  });

  it("is refused in words beyond 8 hours", () => {
    expect(plan({ durationMs: 8 * HOUR + 1_000 })).toMatchObject({ kind: "refused", code: "recording_too_long" });
  });

  it.for(["English", "en_US", "", "'; drop table bookings"])(
    "is refused for a language that is none: %s",
    (language) => {
      expect(plan({ language })).toMatchObject({ kind: "refused", code: "language_unknown" });
    },
  );
});
