import type { IncomingMessage } from "node:http";
import { GoogleError, invalid } from "../rest/errors.ts";
import { type Blob, type BlobWriter, UPLOAD_GRAIN_BYTES } from "./blob-store.ts";
import type { ContentRange } from "./content-range.ts";
import type { DeclaredHashes, Preconditions, StoredObject, WritableMetadata } from "./object-resource.ts";

/** Google forgets an unfinished upload after a week. */
const SESSION_LIFE_MS = 7 * 24 * 3_600_000;

export interface SessionStart {
  readonly bucket: string;
  readonly name: string;
  readonly metadata: WritableMetadata;
  readonly preconditions: Preconditions;
  /** `X-Upload-Content-Length`, when it was sent. */
  readonly declaredBytes: number | null;
  readonly startedAt: Date;
}

export interface SessionParts {
  readonly writer: BlobWriter;
  /** Makes the finished bytes an object. */
  readonly complete: (blob: Blob, hashes: DeclaredHashes) => Promise<StoredObject>;
}

type ByteRange = Extract<ContentRange, { kind: "bytes" }> & { readonly hashes: DeclaredHashes };

/** One resumable upload: takes bytes until the last one has arrived. */
export class ResumableSession {
  readonly start: SessionStart;
  readonly #writer: BlobWriter;
  readonly #complete: SessionParts["complete"];
  #latestRequest: IncomingMessage | null = null;
  #appending: Promise<void> = Promise.resolve();
  #isExpired = false;
  #isCancelled = false;
  /** Set with the last byte; every later request is answered with the object, or with its refusal. */
  completion: Promise<StoredObject> | null = null;

  constructor(start: SessionStart, { writer, complete }: SessionParts) {
    this.start = start;
    this.#writer = writer;
    this.#complete = complete;
  }

  get persistedBytes(): number {
    return this.#writer.persistedBytes;
  }

  /** From now on 410, as after a week. */
  expire(): void {
    this.#isExpired = true;
  }

  async cancel(): Promise<void> {
    this.#isCancelled = true;
    if (this.completion === null) await this.#writer.discard();
  }

  checkUsable(now: Date): void {
    if (this.#isCancelled) throw new GoogleError(499, "clientClosedRequest", "Client Closed Request");
    const isOld = now.getTime() - this.start.startedAt.getTime() > SESSION_LIFE_MS;
    if (this.#isExpired || isOld) throw new GoogleError(410, "gone", "The upload session has expired.");
  }

  /**
   * Takes the request's bytes; what is already persisted is skipped. Whole 256 KiB steps outlive a broken connection.
   * After the last byte there is a `completion`. A newer request of the session ends an older one.
   */
  async receive(request: IncomingMessage, range: ByteRange, cutAfterBytes: number | null): Promise<void> {
    this.#latestRequest = request;
    // An older request stops at its next chunk; the one it is writing must be counted first.
    await this.#appending;
    this.#checkLatest(request);
    if (this.completion !== null) return;
    this.#writer.dropRemainder();
    if (range.startByte > this.persistedBytes) {
      throw invalid(`Invalid request. Bytes ${this.persistedBytes}-${range.startByte - 1} were never received.`);
    }
    const receivedBytes = await this.#read(request, range, cutAfterBytes);
    const endByte = range.startByte + receivedBytes;
    if (range.endByte !== null && endByte !== range.endByte + 1) {
      this.#writer.dropRemainder();
      throw invalid(`Invalid request. Content-Range declares another length than the ${receivedBytes} bytes received.`);
    }
    if (!range.isLast) {
      this.#writer.dropRemainder();
      if (receivedBytes < UPLOAD_GRAIN_BYTES) throw tooFewBytes(receivedBytes);
      return;
    }
    const expected = range.totalBytes ?? this.start.declaredBytes ?? endByte;
    if (endByte !== expected) {
      this.#writer.dropRemainder();
      throw invalid(`Invalid request. The upload has ${endByte} bytes; ${expected} were declared.`);
    }
    this.#finish(range.hashes);
  }

  /** A query that tells the total, when the bytes so far are all there are. */
  finishIfWhole(totalBytes: number | null): void {
    if (totalBytes !== null && totalBytes === this.persistedBytes) this.#finish({});
  }

  #finish(hashes: DeclaredHashes): void {
    this.completion = this.#writer.finish().then((blob) => this.#complete(blob, hashes));
  }

  #checkLatest(request: IncomingMessage): void {
    if (this.#latestRequest !== request) throw new GoogleError(503, "backendError", "Another request took over.");
  }

  async #read(request: IncomingMessage, range: ByteRange, cutAfterBytes: number | null): Promise<number> {
    let receivedBytes = 0;
    try {
      // A request that stops early still gets its answer: leaving the loop must not destroy its connection.
      for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        this.#checkLatest(request);
        const known = Math.max(0, this.#writer.receivedBytes - range.startByte - receivedBytes);
        receivedBytes += chunk.length;
        if (known < chunk.length) {
          this.#appending = this.#writer.append(known === 0 ? chunk : chunk.subarray(known));
          await this.#appending;
        }
        if (cutAfterBytes !== null && receivedBytes >= cutAfterBytes) request.socket.destroy();
      }
    } catch (error) {
      if (this.#latestRequest === request) this.#writer.dropRemainder();
      throw error;
    }
    this.#checkLatest(request);
    return receivedBytes;
  }
}

function tooFewBytes(receivedBytes: number): GoogleError {
  return invalid(
    `Invalid request. The number of bytes uploaded is required to be equal or greater than ${UPLOAD_GRAIN_BYTES}, ` +
      "except for the final request (it's recommended to be the exact multiple of 262144). " +
      `The received request contained ${receivedBytes} bytes, which does not meet this requirement.`,
  );
}
