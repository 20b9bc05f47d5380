import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { makeLanguage } from "#google/language.ts";
import type { Clock } from "#kernel/clock.ts";
import { PermanentError, RetryableError } from "#kernel/verdicts.ts";
import type { LanguageRequest } from "#ports/language.ts";
import { type TestIdentity, useServiceAccount } from "#testing/application-default-credentials.ts";
import {
  type LanguageEmulator,
  startLanguageEmulator,
} from "../../scripts/emulators/language/start-language-emulator.ts";
import { scaledClock } from "../../scripts/emulators/rest/emulator.ts";

const projectId = "booking-insights-local";
const waits: number[] = [];
const clock: Clock = {
  now: () => new Date(0),
  wait: async (ms) => {
    waits.push(ms);
  },
};

let identity: TestIdentity;
let google: LanguageEmulator;
beforeAll(async () => {
  identity = await useServiceAccount("analyze-transcript", projectId);
  google = await startLanguageEmulator({ authority: identity.oauth, clock: scaledClock(1) });
});
beforeEach(() => {
  identity.assume();
  google.reset();
  waits.length = 0;
  rounds = 0;
});
afterAll(async () => {
  await Promise.all([google.stop(), identity.stop()]);
});

const language = () => makeLanguage({ projectId, clock, endpoint: google.url });
let rounds = 0;
const request = (text: string, code: string): LanguageRequest => ({
  text,
  language: code,
  beforeRequests: async () => {
    rounds += 1;
  },
});
const OPERATION = "documents.annotateText";
const TEXT =
  "Marcus Reid is very happy with the wonderful new office in London.\nThe old contract was a terrible disaster.";

describe("Natural Language over the wire", () => {
  it("gives sentiment and entities, and says what they cost", async () => {
    const report = await language().analyze(request(TEXT, "en-US"));
    expect(report).toMatchObject({ leftOut: [], billedUnits: 3, requests: 1 });
    expect(google.units()).toMatchObject({ total: report.billedUnits });
    expect(report.analysis).toMatchObject({ language: "en", sentences: 2, characters: TEXT.length });
    expect(report.analysis?.sentiment?.magnitude).toBeGreaterThan(0.5);
    const london = report.analysis?.entities.find(({ name }) => name === "London");
    expect(london).toMatchObject({ type: "LOCATION", mentions: 1, sentiment: { score: expect.any(Number) } });
  });

  it("cuts a long text into pieces and merges what is said of them", async () => {
    const text = Array.from({ length: 900 }, () => TEXT).join("\n");
    const report = await language().analyze(request(text, "en"));
    expect(report.requests).toBe(Math.ceil(text.length / 30_000));
    expect(google.units()).toMatchObject({ total: report.billedUnits });
    expect(report.analysis?.characters).toBe(text.length);
    expect(rounds).toBe(1 + Math.ceil((report.requests - 1) / 4));
    expect(report.analysis?.entities.filter(({ name, type }) => name === "London" && type === "LOCATION")).toHaveLength(
      1,
    );
  });

  it.each([
    ["German", "de-DE", ["entity_sentiment"], true],
    ["Arabic", "ar-EG", ["entities"], true],
    ["Russian", "ru-RU", ["sentiment", "entity_sentiment"], true],
    ["Polish", "pl-PL", ["sentiment", "entities"], false],
    ["Mandarin as Speech calls it", "cmn-Hans-CN", ["entity_sentiment"], true],
  ])("says what there is not for %s", async (_name, code, leftOut, analyzed) => {
    const report = await language().analyze(request("Alpha beta gamma.", code));
    expect(report.leftOut.map(({ what }) => what)).toEqual(leftOut);
    expect(report.leftOut.every(({ reason }) => reason === "language_not_supported")).toBe(true);
    expect(report.analysis !== null).toBe(analyzed);
  });

  it("tries an outage again, twice, and then leaves it to the delivery", async () => {
    google.faults.add({ operation: OPERATION, kind: "status", status: 503, times: 2 });
    expect((await language().analyze(request(TEXT, "en"))).requests).toBe(1);
    expect(waits).toHaveLength(2);
    google.faults.add({ operation: OPERATION, kind: "status", status: 503, times: 3 });
    await expect(language().analyze(request(TEXT, "en"))).rejects.toThrow(RetryableError);
  });

  it("says so when there are no credentials, and finds them once they are there", async () => {
    vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent.json");
    const analyzer = language();
    await expect(analyzer.analyze(request(TEXT, "en"))).rejects.toThrow(RetryableError);
    identity.assume();
    expect((await analyzer.analyze(request(TEXT, "en"))).requests).toBe(1);
  });

  it("leaves a used-up quota to the delivery", async () => {
    google.faults.add({ operation: OPERATION, kind: "status", status: 429, times: 9 });
    await expect(language().analyze(request(TEXT, "en"))).rejects.toThrow(RetryableError);
  });

  it("tries a dropped answer again", async () => {
    google.faults.add({ operation: OPERATION, kind: "drop_reply", times: 1 });
    expect((await language().analyze(request(TEXT, "en"))).requests).toBe(1);
  });

  it("gives up on what Google will never take", async () => {
    google.faults.add({ operation: OPERATION, kind: "status", status: 400, reason: "invalid", times: 9 });
    await expect(language().analyze(request(TEXT, "en"))).rejects.toThrow(PermanentError);
  });
});
