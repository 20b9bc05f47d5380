import { randomBytes, randomUUID } from "node:crypto";
import { posix } from "node:path";
import type { BatchRequest } from "./batch-request.ts";
import { type HeardFile, hearFile } from "./hear-file.ts";
import type { JobFault } from "./job-faults.ts";
import { type NativeResult, nativeResult } from "./native-result.ts";
import type { Batch } from "./screen-batch.ts";
import { FileError, type RpcStatus, readObject, rpcCode, type Storage, writeObject } from "./storage-access.ts";

export interface NewJob {
  /** `projects/P/locations/L/operations/ID` */
  readonly name: string;
  readonly recognizer: string;
  readonly request: BatchRequest;
  readonly batch: Batch;
  readonly fault: JobFault | null;
}

/** How one file ended. */
type FileOutcome =
  | {
      readonly kind: "heard";
      readonly heard: HeardFile;
      readonly result: NativeResult;
      readonly writtenTo: string | null;
    }
  | { readonly kind: "failed"; readonly status: RpcStatus };

/** Batches run about sixty times faster than the audio. */
const SPEED = 60;
const MIN_JOB_MS = 1_000;
/** Dynamic batching promises 24 hours; this is what it takes here. */
const DYNAMIC_JOB_MS = 4 * 3_600_000;

/** One paid batchRecognize operation, from its start to its answer. */
export class SpeechJob {
  readonly job: NewJob;
  readonly createdAt: Date;
  updatedAt: Date;
  /** The audio has been heard; the rest is Google's time. For tests. */
  readonly recognized: Promise<void>;
  /** The operation is done; never for `never_ends`. For tests. */
  readonly finished: Promise<void>;
  error: RpcStatus | null = null;
  isDone = false;
  billedSeconds = 0;
  readonly #storage: Storage;
  readonly #outcomes = new Map<string, FileOutcome>();
  #startedWaitingAt: Date | null = null;
  #jobMs = MIN_JOB_MS;
  #isStopped = false;
  #cancelTimer: () => void = () => undefined;

  constructor(job: NewJob, storage: Storage) {
    this.job = job;
    this.#storage = storage;
    this.createdAt = storage.clock.now();
    this.updatedAt = this.createdAt;
    const due = Promise.withResolvers<void>();
    this.recognized = this.#recognize().then(() => this.#waitThen(due.resolve));
    this.finished = due.promise.then(() => this.#finish());
  }

  /** No answer comes any more. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
  }

  /** 0 to 99 while it runs, 100 when it is done. */
  progressPercent(): number {
    if (this.isDone) return 100;
    if (this.#startedWaitingAt === null) return 0;
    const passedMs = this.#storage.clock.now().getTime() - this.#startedWaitingAt.getTime();
    return Math.min(99, Math.floor((100 * passedMs) / this.#jobMs));
  }

  /** The operation resource. */
  toJSON(): Record<string, unknown> {
    const { name } = this.job;
    const metadata = { "@type": "type.googleapis.com/google.cloud.speech.v2.OperationMetadata", ...this.#metadata() };
    if (!this.isDone) return { name, metadata };
    if (this.error !== null) return { name, metadata, done: true, error: this.error };
    const type = "type.googleapis.com/google.cloud.speech.v2.BatchRecognizeResponse";
    return { name, metadata, done: true, response: { "@type": type, ...this.#response() } };
  }

  async #recognize(): Promise<void> {
    const { batch, fault } = this.job;
    for (const { uri, address } of batch.files) {
      this.#outcomes.set(
        uri,
        await failuresAsOutcome(async () => {
          const all = await hearFile(await readObject(this.#storage, address), batch);
          const heard = { ...all, words: all.words.slice(0, shareOf(fault, all.words.length)) };
          return { kind: "heard", heard, result: nativeResult(heard, batch, randomUUID()), writtenTo: null };
        }),
      );
    }
    const heard = [...this.#outcomes.values()].flatMap((file) => (file.kind === "heard" ? file.heard : []));
    const longestMs = heard.reduce((longest, { durationMs }) => Math.max(longest, durationMs), 0);
    this.billedSeconds = heard.reduce((sum, { durationMs }) => sum + Math.ceil(durationMs / 1_000), 0);
    this.#jobMs = batch.isDynamic ? DYNAMIC_JOB_MS : Math.max(MIN_JOB_MS, Math.ceil(longestMs / SPEED));
  }

  #waitThen(end: () => void): void {
    const { clock } = this.#storage;
    this.#startedWaitingAt = clock.now();
    if (this.job.fault?.kind === "never_ends" || this.#isStopped) return;
    this.#cancelTimer = clock.after(this.#jobMs, end);
  }

  async #finish(): Promise<void> {
    if (this.job.fault?.kind === "error") {
      this.error = { code: this.job.fault.code ?? rpcCode.internal, message: "An internal error has occurred." };
    } else {
      for (const [uri, file] of this.#outcomes)
        if (file.kind === "heard") this.#outcomes.set(uri, await this.#write(uri, file));
    }
    this.updatedAt = this.#storage.clock.now();
    this.isDone = true;
  }

  #write(uri: string, file: Extract<FileOutcome, { kind: "heard" }>): Promise<FileOutcome> {
    const { output } = this.job.batch;
    if (output === null) return Promise.resolve(file);
    return failuresAsOutcome(async () => {
      const { name: base } = posix.parse(uri);
      const id = randomBytes(4).toString("hex");
      const prefix = output.name === "" || output.name.endsWith("/") ? output.name : `${output.name}/`;
      const name = `${prefix}${base}_transcript_${id}-0000-${randomUUID().slice(9)}.json`;
      await writeObject(this.#storage, { bucket: output.bucket, name }, JSON.stringify(file.result));
      return { ...file, writtenTo: `gs://${output.bucket}/${name}` };
    });
  }

  #metadata(): Record<string, unknown> {
    const { recognizer, request } = this.job;
    const progressPercent = this.progressPercent();
    const transcriptionMetadata = Object.fromEntries(
      this.job.batch.files.map(({ uri }) => {
        const file = this.isDone ? this.#outcomes.get(uri) : undefined;
        if (file?.kind === "failed") return [uri, { progressPercent, error: file.status }];
        const writtenTo = file?.writtenTo ?? null;
        return [uri, { progressPercent, ...(writtenTo === null ? {} : { uri: writtenTo }) }];
      }),
    );
    return {
      createTime: this.createdAt.toISOString(),
      updateTime: this.updatedAt.toISOString(),
      resource: recognizer,
      method: "google.cloud.speech.v2.Speech.BatchRecognize",
      batchRecognizeRequest: { recognizer, ...request },
      progressPercent,
      batchRecognizeMetadata: { transcriptionMetadata },
    };
  }

  #response(): Record<string, unknown> {
    const results = [...this.#outcomes].map(([uri, file]) => [uri, fileResult(file)] as const);
    const billed = this.billedSeconds === 0 ? {} : { totalBilledDuration: `${this.billedSeconds}s` };
    return { results: Object.fromEntries(results), ...billed };
  }
}

function fileResult(file: FileOutcome): Record<string, unknown> {
  if (file.kind === "failed") return { error: file.status };
  const { result, writtenTo } = file;
  if (writtenTo === null) return { metadata: result.metadata, inlineResult: { transcript: result } };
  // `uri` is the deprecated twin of cloudStorageResult.uri; Google still fills it.
  return { metadata: result.metadata, cloudStorageResult: { uri: writtenTo }, uri: writtenTo };
}

/** How many of the words reach the result. */
function shareOf(fault: JobFault | null, words: number): number {
  if (fault?.kind === "empty") return 0;
  return fault?.kind === "partial" ? Math.floor(words * (fault.fraction ?? 0.5)) : words;
}

async function failuresAsOutcome(run: () => Promise<FileOutcome>): Promise<FileOutcome> {
  try {
    return await run();
  } catch (error) {
    const status = { code: rpcCode.internal, message: String(error) };
    return { kind: "failed", status: error instanceof FileError ? error.status : status };
  }
}
