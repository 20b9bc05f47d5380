import { v2 } from "@google-cloud/speech";
import { OAuth2Client } from "google-auth-library";
import {
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  Mp4OutputFormat,
  Output,
} from "mediabunny";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { manualClock, type Principal, scaledClock } from "../rest/emulator.ts";
import { encodeSpokenAudio, type SpokenWord } from "../spoken-audio/encode-spoken-audio.ts";
import { spokenAudioFormat } from "../spoken-audio/spoken-audio-format.ts";
import { type StorageEmulator, startStorage } from "../storage/start-storage.ts";
import type { JobFault } from "./job-faults.ts";
import type { SpeechJob } from "./speech-job.ts";
import { type SpeechEmulator, startSpeech } from "./start-speech.ts";

type Request = Parameters<v2.SpeechClient["batchRecognize"]>[0] & object;

interface FileResult {
  readonly cloudStorageResult: { readonly uri: string };
  readonly inlineResult: unknown;
  readonly error: { readonly message: string } | null;
}

const BUCKET = "p-recordings";
const PARENT = "projects/p/locations/us-central1";
const robot: Principal = { kind: "service_account", email: "robot@p.iam.gserviceaccount.com" };
const person: Principal = { kind: "user", sub: "1", email: "ann@example.com", scopes: new Set() };
const authority = { principalOf: (token: string): Principal | null => ({ robot, person })[token] ?? null };

const words: SpokenWord[] = [
  { word: "Hello", startsMs: 0, endsMs: 300 },
  { word: "there,", startsMs: 350, endsMs: 800 },
  { word: "Zoë.", startsMs: 900, endsMs: 1_400 },
  { word: "Goodbye!", startsMs: 5_000, endsMs: 5_500 },
];

async function audioFile(
  options: { words?: readonly SpokenWord[]; durationMs?: number; fragmented?: boolean; video?: boolean } = {},
): Promise<Buffer> {
  const target = new BufferTarget();
  const fastStart = options.fragmented ? "fragmented" : "in-memory";
  const output = new Output({ format: new Mp4OutputFormat({ fastStart }), target });
  const audio = new EncodedAudioPacketSource("aac");
  const video = new EncodedVideoPacketSource("vp9");
  output.addAudioTrack(audio);
  if (options.video) output.addVideoTrack(video);
  await output.start();
  if (options.video) {
    const decoderConfig = { codec: "vp09.00.10.08", codedWidth: 320, codedHeight: 180 };
    await video.add(new EncodedPacket(new Uint8Array(100), "key", 0, 1), { decoderConfig });
  }
  for (const { data, timestampMs, durationMs } of encodeSpokenAudio(options.words ?? words, options.durationMs ?? 0)) {
    const packet = new EncodedPacket(data, "key", timestampMs / 1_000, durationMs / 1_000);
    await audio.add(packet, { decoderConfig: spokenAudioFormat });
  }
  await output.finalize();
  return Buffer.from(target.buffer!);
}

describe("the Speech-to-Text emulator", () => {
  const clock = manualClock(new Date("2026-11-20T10:00:00Z"));
  let storage: StorageEmulator;
  let speech: SpeechEmulator;
  let client: v2.SpeechClient;

  beforeEach(async () => {
    storage = await startStorage({ authority, clock: scaledClock(0.001), buckets: [{ name: BUCKET }] });
    speech = await startSpeech({ authority, clock, storageUrl: storage.url, accessToken: () => "robot" });
    const authClient = new OAuth2Client();
    authClient.setCredentials({ access_token: "robot", expiry_date: Date.now() + 3_600_000 });
    const { hostname, port } = new URL(speech.url);
    const address = { apiEndpoint: hostname, port: Number(port), protocol: "http" };
    client = new v2.SpeechClient({ fallback: true, ...address, authClient, projectId: "p" });
  });
  afterEach(async () => {
    await client.close();
    await speech.stop();
    await storage.stop();
  });

  const putAudio = async (name: string, bytes: Buffer): Promise<string> => {
    const url = `${storage.url}/upload/storage/v1/b/${BUCKET}/o?uploadType=media&name=${encodeURIComponent(name)}`;
    const headers = { authorization: "Bearer robot" };
    expect((await fetch(url, { method: "POST", headers, body: new Uint8Array(bytes) })).status).toBe(200);
    return `gs://${BUCKET}/${name}`;
  };
  const readJson = async (uri: string): Promise<Record<string, unknown>> => {
    const name = encodeURIComponent(uri.replace(`gs://${BUCKET}/`, ""));
    const headers = { authorization: "Bearer robot" };
    const response = await fetch(`${storage.url}/storage/v1/b/${BUCKET}/o/${name}?alt=media`, { headers });
    return (await response.json()) as Record<string, unknown>;
  };
  const request = (uri: string, changes: Partial<Request> = {}): Request => ({
    recognizer: `${PARENT}/recognizers/_`,
    config: {
      autoDecodingConfig: {},
      model: "chirp_2",
      languageCodes: ["en-US"],
      features: { enableWordTimeOffsets: true, enableAutomaticPunctuation: true },
    },
    files: [{ uri }],
    recognitionOutputConfig: { gcsOutputConfig: { uri: `gs://${BUCKET}/transcription/job-1` } },
    ...changes,
  });
  const start = async (given: Request): Promise<SpeechJob> => {
    const [operation] = await client.batchRecognize(given, { retry: null } as never);
    return speech.jobs.get(operation.name!)!;
  };
  /** Lets the job hear its audio, then lets Google's time pass until it is done. */
  const finish = async (job: SpeechJob): Promise<void> => {
    await job.recognized;
    clock.advance(10 * 60_000);
    await job.finished;
  };
  const fault = (input: Partial<JobFault>): Promise<Response> =>
    fetch(`${speech.url}/emulator/jobs/faults`, { method: "POST", body: JSON.stringify(input) });
  const resultOf = async (job: SpeechJob, uri: string) => {
    const progress = await client.checkBatchRecognizeProgress(job.job.name);
    return (progress.result as { results: Record<string, FileResult> }).results[uri]!;
  };
  const refusalOf = (given: Request): Promise<string> =>
    client.batchRecognize(given).then(
      () => "",
      (error) => `${error.code}: ${error.message}`,
    );

  it("writes what it heard as native JSON, found through the operation of the official client", async () => {
    const uri = await putAudio("audio/b1.m4a", await audioFile({ durationMs: 61_000 }));
    const job = await start(request(uri));
    await job.recognized;
    const running = await client.checkBatchRecognizeProgress(job.job.name);
    expect(running.done).toBeFalsy();
    expect(running.metadata).toMatchObject({
      batchRecognizeRequest: {
        recognitionOutputConfig: { gcsOutputConfig: { uri: expect.stringContaining("job-1") } },
      },
    });
    await finish(job);
    const done = await client.checkBatchRecognizeProgress(job.job.name);
    expect(done.metadata).toMatchObject({ progressPercent: 100 });
    const { cloudStorageResult, error } = await resultOf(job, uri);
    expect(error).toBeFalsy();
    const resultUri = cloudStorageResult.uri;
    expect(resultUri).toMatch(/^gs:\/\/p-recordings\/transcription\/job-1\/b1_transcript_[0-9a-f-]+\.json$/);
    expect(await readJson(resultUri)).toEqual({
      results: [
        {
          alternatives: [
            {
              transcript: "Hello there, Zoë.",
              confidence: expect.any(Number),
              words: [
                { endOffset: "0.300s", word: "Hello" },
                { startOffset: "0.350s", endOffset: "0.800s", word: "there," },
                { startOffset: "0.900s", endOffset: "1.400s", word: "Zoë." },
              ],
            },
          ],
          resultEndOffset: "1.400s",
          languageCode: "en-US",
        },
        {
          alternatives: [
            {
              transcript: "Goodbye!",
              confidence: expect.any(Number),
              words: [{ startOffset: "5s", endOffset: "5.500s", word: "Goodbye!" }],
            },
          ],
          resultEndOffset: "5.500s",
          languageCode: "en-US",
        },
      ],
      metadata: { totalBilledDuration: "62s", requestId: expect.any(String) },
    });
  });

  it("takes a sixtieth of the audio's time, by the emulator's clock", async () => {
    const uri = await putAudio("a.m4a", await audioFile({ durationMs: 10 * 60_000 }));
    const job = await start(request(uri));
    await job.recognized;
    clock.advance(5_000);
    expect([job.isDone, job.progressPercent()]).toEqual([false, 50]);
    clock.advance(5_001);
    await job.finished;
    expect(job.isDone).toBe(true);
  });

  it("hears less when audio was lost", async () => {
    const whole = await audioFile();
    const changed = Buffer.from(whole);
    const at = changed.indexOf("Zo\u00eb.");
    changed[at]! ^= 1;
    const transcriptOf = async (bytes: Buffer): Promise<string> => {
      const uri = await putAudio("a.m4a", bytes);
      const job = await start(request(uri, { recognitionOutputConfig: { inlineResponseConfig: {} } }));
      await finish(job);
      return [...JSON.stringify(await resultOf(job, uri)).matchAll(/"transcript":"([^"]+)"/g)]
        .map(([, text]) => text)
        .join(" ");
    };
    expect(await transcriptOf(whole)).toBe("Hello there, Zo\u00eb. Goodbye!");
    expect(await transcriptOf(changed)).toBe("Hello there, Goodbye!");
    expect(await transcriptOf(whole.subarray(0, at))).toBe("Hello there,");
  });

  it("ends a file it cannot take with an error of its own, in an operation that succeeds", async () => {
    const files: [string, Buffer | null, RegExp][] = [
      ["fragmented.m4a", await audioFile({ fragmented: true }), /supported encoding/],
      ["video.mp4", await audioFile({ video: true }), /supported encoding/],
      ["noise.m4a", Buffer.from("this is not audio at all"), /supported encoding/],
      ["cut.m4a", (await audioFile()).subarray(0, 600), /supported encoding/],
      ["absent.m4a", null, /not found/],
    ];
    for (const [name, bytes] of files) if (bytes !== null) await putAudio(name, bytes);
    const uris = files.map(([name]) => `gs://${BUCKET}/${name}`);
    const job = await start(request("", { files: uris.map((uri) => ({ uri })) }));
    await finish(job);
    for (const [index, [, , message]] of files.entries()) {
      const { error } = await resultOf(job, uris[index]!);
      expect(error?.message).toMatch(message);
    }
    expect(job.billedSeconds).toBe(0);
  });

  it("refuses audio longer than the model takes", async () => {
    const uri = await putAudio("long.m4a", await audioFile({ durationMs: 21 * 60_000 }));
    const config = { autoDecodingConfig: {}, model: "chirp_3", languageCodes: ["en-US"] };
    const recognizer = "projects/p/locations/eu/recognizers/_";
    const timed = { ...config, features: { enableWordTimeOffsets: true } };
    const refused = await start(request(uri, { recognizer, config: timed }));
    const taken = await start(request(uri, { recognizer, config: { ...config, features: { diarizationConfig: {} } } }));
    await Promise.all([refused.recognized, taken.recognized]);
    await Promise.all([finish(refused), finish(taken)]);
    expect((await resultOf(refused, uri)).error).toMatchObject({ message: expect.stringContaining("1200s") });
    const { cloudStorageResult } = await resultOf(taken, uri);
    expect(JSON.stringify(await readJson(cloudStorageResult.uri))).toContain('"speakerLabel":"1"');
  });

  it("refuses what the location, the model or the API does not have", async () => {
    const uri = `gs://${BUCKET}/a.m4a`;
    const config = request(uri).config!;
    const six = Array.from({ length: 6 }, (_, i) => ({ uri: `${uri}${i}` }));
    const refusals: [Request, RegExp][] = [
      [request(uri, { config: { ...config, model: "chirp_3" } }), /^3: .*"chirp_3" does not exist in the location/],
      [request(uri, { config: { ...config, features: { diarizationConfig: {} } } }), /speaker_diarization/],
      [request(uri, { config: { ...config, languageCodes: ["en-US", "de-DE"] } }), /several languages/],
      [request(uri, { config: { ...config, languageCodes: ["English"] } }), /"English" is not supported/],
      [request(uri, { config: { ...config, autoDecodingConfig: null } }), /exactly one of autoDecodingConfig/],
      [request("https://example.com/a.m4a"), /gs:\/\/bucket\/object/],
      [request(uri, { files: six }), /at most 5 files/],
      [request(uri, { recognitionOutputConfig: {} }), /exactly one output/],
      [request(uri, { recognizer: `${PARENT}/recognizers/mine` }), /^5: .*not found/],
      [request(uri, { config: { ...config, translationConfig: { targetLanguage: "de" } } }), /translationConfig/],
    ];
    for (const [given, message] of refusals) expect(await refusalOf(given)).toMatch(message);
    expect(speech.jobs.size).toBe(0);
    const post = (token: string) =>
      fetch(`${speech.url}/v2/${PARENT}/recognizers/_:batchRecognize`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
        body: "{}",
      });
    expect([(await post("person")).status, (await post("stranger")).status]).toEqual([403, 401]);
  });

  it("takes explicit decoding and enums as numbers or names", async () => {
    const uri = await putAudio("a.m4a", await audioFile());
    for (const encoding of ["M4A_AAC", 11] as const) {
      const body = JSON.stringify({
        config: { explicitDecodingConfig: { encoding }, model: "chirp_2", languageCodes: ["auto"] },
        files: [{ uri }],
        recognitionOutputConfig: { inlineResponseConfig: {} },
      });
      const url = `${speech.url}/v2/${PARENT}/recognizers/_:batchRecognize?$alt=json;enum-encoding=int`;
      const headers = { authorization: "Bearer robot" };
      expect((await fetch(url, { method: "POST", headers, body })).status).toBe(200);
    }
  });

  it("has started and counted the job although the reply was lost, and lists it", async () => {
    const uri = await putAudio("a.m4a", await audioFile());
    speech.faults.add({ operation: "recognizers.batchRecognize", kind: "drop_reply" });
    await expect(start(request(uri))).rejects.toThrow();
    const second = await start(request(uri));
    await finish(second);
    const jobs = await (await fetch(`${speech.url}/emulator/jobs`)).json();
    expect(jobs).toMatchObject({ count: 2, jobs: [{ files: [uri] }, { isDone: true, billedSeconds: 6 }] });
    const names: (string | null | undefined)[] = [];
    const list = { name: PARENT, filter: "", pageSize: 1 } as never;
    for await (const { name } of client.operationsClient.listOperationsAsync(list)) names.push(name);
    expect(names).toEqual([...speech.jobs.keys()].reverse());
  });

  it("never ends, ends in an error, or writes a part or nothing when told to", async () => {
    const uri = await putAudio("a.m4a", await audioFile());
    for (const kind of ["never_ends", "error", "partial", "empty"] as const) await fault({ kind });
    const stuck = await start(request(uri));
    await stuck.recognized;
    clock.advance(24 * 3_600_000);
    expect((await client.checkBatchRecognizeProgress(stuck.job.name)).done).toBeFalsy();
    const failed = await start(request(uri));
    await finish(failed);
    expect((await client.checkBatchRecognizeProgress(failed.job.name)).error).toMatchObject({ code: 13 });
    const inline = request(uri, { recognitionOutputConfig: { inlineResponseConfig: {} } });
    const partial = await start(inline);
    await finish(partial);
    const text = JSON.stringify(await resultOf(partial, uri));
    expect([text.includes("Hello"), text.includes("Goodbye")]).toEqual([true, false]);
    const empty = await start(inline);
    await finish(empty);
    expect(JSON.stringify(await resultOf(empty, uri))).not.toContain("Hello");
  });

  it("forgets its jobs on reset", async () => {
    const job = await start(request(await putAudio("a.m4a", await audioFile())));
    speech.reset();
    await expect(client.checkBatchRecognizeProgress(job.job.name)).rejects.toMatchObject({ code: 5 });
  });
});
