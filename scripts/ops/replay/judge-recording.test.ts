import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { judgeRecording, SOURCE_GONE, type StandingRecording } from "./judge-recording.ts";

const failed: StandingRecording = {
  ...{ id: "r", name: "conferenceRecords/c/recordings/r", bookingId: "b", bookingStatus: "confirmed" },
  ...{ pipelineStatus: "failed", state: "failed", reason: "x", trouble: null, durationMs: 60_000, language: null },
  ...{ words: null, connection: "connected", hasAudio: false, hasResults: false, isGivenUp: false, isWaiting: false },
};

it.each<[string, Partial<StandingRecording>, object]>([
  ["is copied again when nothing of it is in the bucket", {}, { kind: "revive", step: "copy" }],
  ["is transcribed again from the audio that is there", { hasAudio: true }, { kind: "revive", step: "transcribe" }],
  [
    "is analysed from results that are there",
    { hasAudio: true, hasResults: true },
    { kind: "revive", step: "analyze" },
  ],
  [
    "goes on when its booking was given up",
    { state: "transcribed", isGivenUp: true },
    { kind: "revive", step: "analyze" },
  ],
  ["was never matched with a booking", { bookingId: null, bookingStatus: null }, { kind: "revive", step: "copy" }],
  ["is left alone when announced", { isWaiting: true }, { kind: "leave" }],
  ["is left alone when it moves", { state: "copying" }, { kind: "leave" }],
  ["is refused when its booking is off", { bookingStatus: "cancelled" }, { kind: "refuse" }],
  ["is refused when nobody spoke", { hasResults: true, words: 0 }, { kind: "refuse" }],
  ["is refused when too long", { hasAudio: true, durationMs: 9 * 3_600_000 }, { kind: "refuse" }],
  ["is refused when its language is none", { hasAudio: true, language: "klingon!" }, { kind: "refuse" }],
  ["is refused when nobody may read it", { connection: "needs_reconnect" }, { kind: "refuse" }],
  [
    "is refused when the file was deleted",
    { reason: "The recording is no longer in the organizer's Drive." },
    { kind: "refuse" },
  ],
])("a recording %s", (_what, more, verdict) => {
  expect(judgeRecording({ ...failed, ...more })).toMatchObject(verdict);
});

it("the words by which a lost file is known are the ones that are written on the row", () => {
  const source = readFileSync(fileURLToPath(new URL("../../../shared/google/drive.ts", import.meta.url)), "utf8");
  const said = source.replaceAll(/\$\{IN_DRIVE\}/g, "in the organizer's Drive");
  expect(SOURCE_GONE.filter((pattern) => !pattern.test(said))).toEqual([]);
});
