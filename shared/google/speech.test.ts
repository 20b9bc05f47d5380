import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { makeTranscriber } from "#google/speech.ts";
import { RetryableError } from "#kernel/verdicts.ts";
import { type TestIdentity, useServiceAccount } from "#testing/application-default-credentials.ts";
import { scaledClock } from "../../scripts/emulators/rest/emulator.ts";
import { type SpeechEmulator, startSpeech } from "../../scripts/emulators/speech/start-speech.ts";

const projectId = "booking-insights-local";
const location = "us-central1";
const OPERATION = `projects/${projectId}/locations/${location}/operations/nobody-started`;

let identity: TestIdentity;
let google: SpeechEmulator;
beforeAll(async () => {
  identity = await useServiceAccount("capture-artifacts", projectId);
  google = await startSpeech({
    authority: identity.oauth,
    clock: scaledClock(1),
    storageUrl: "http://127.0.0.1:9",
    accessToken: () => "none",
  });
});
afterAll(async () => {
  await Promise.all([google.stop(), identity.stop()]);
});

const request = {
  audioUri: "gs://b/audio/a.mp4",
  outputUri: "gs://b/transcription/a/0/",
  model: "chirp_2",
  languageCode: "en-US",
};

describe("Speech without credentials", () => {
  it.each(["start", "find", "check"] as const)("leaves %s to a later delivery, and finds them then", async (method) => {
    identity.assume();
    vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent.json");
    const transcriber = makeTranscriber({ projectId, location, endpoint: google.url });
    const calls = {
      start: () => transcriber.start(request),
      find: () => transcriber.find(request.outputUri),
      check: () => transcriber.check(OPERATION),
    };
    await expect(calls[method]()).rejects.toThrow(RetryableError);
    identity.assume();
    expect(await transcriber.check(OPERATION)).toEqual({ kind: "unknown" });
  });
});
