import type { IncomingMessage } from "node:http";
import { GoogleError, invalid } from "../rest/errors.ts";
import { type Blob, type BlobWriter, UPLOAD_GRAIN_BYTES } from "./blob-store.ts";
import type { ContentRange } from "./content-range.ts";
import type { Preconditions, StoredObject, WritableMetadata } from "./object-resource.ts";

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

type ByteRange = Extract<ContentRange, { kind: "bytes" }>;

/** One resumable upload: takes bytes until the last one has arrived. */
export class ResumableSession {
  readonly start: SessionStart;
  readonly #writer: BlobWriter;
  #latestRequest: IncomingMessage | null = null;
  #isExpired = false;
  #isCancelled = false;
  /** Set once the upload has become an object; later requests are answered with it. */
  object: StoredObject | null = null;

  constructor(start: SessionStart, writer: BlobWriter) {
    this.start = start;
    this.#writer = writer;
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
    if (this.object === null) await this.#writer.discard();
  }

  checkUsable(now: Date): void {
    if (this.#isCancelled) throw new GoogleError(499, "clientClosedRequest", "Client Closed Request");
    const isOld = now.getTime() - this.start.startedAt.getTime() > SESSION_LIFE_MS;
    if (this.#isExpired || isOld) throw new GoogleError(410, "gone", "The upload session has expired.");
  }

  /**
   * Takes the request's bytes; what is already persisted is skipped. Whole 256 KiB steps outlive a broken connection.
   * Returns the finished bytes after the last chunk, else null. A newer request of the session ends an older one.
   */
  async receive(request: IncomingMessage, range: ByteRange, cutAfterBytes: number | null): Promise<Blob | null> {
    if (range.startByte > this.persistedBytes) {
      throw invalid(`Invalid request. Bytes ${this.persistedBytes}-${range.startByte - 1} were never received.`);
    }
    this.#latestRequest = request;
    this.#writer.dropRemainder();
    const receivedBytes = await this.#read(request, range, cutAfterBytes);
    const endByte = range.startByte + receivedBytes;
    if (range.endByte !== null && endByte !== range.endByte + 1) {
      this.#writer.dropRemainder();
      throw invalid(`Invalid request. Content-Range declares another length than the ${receivedBytes} bytes received.`);
    }
    if (!range.isLast) {
      this.#writer.dropRemainder();
      if (receivedBytes < UPLOAD_GRAIN_BYTES) throw tooFewBytes(receivedBytes);
      return null;
    }
    const expected = range.totalBytes ?? this.start.declaredBytes ?? endByte;
    if (endByte !== expected) {
      this.#writer.dropRemainder();
      throw invalid(`Invalid request. The upload has ${endByte} bytes; ${expected} were declared.`);
    }
    return this.#writer.finish();
  }

  /** The bytes so far are all there are: a query that tells the total, or an object without bytes. */
  finishIfWhole(totalBytes: number | null): Promise<Blob> | null {
    return totalBytes !== null && totalBytes === this.persistedBytes ? this.#writer.finish() : null;
  }

  async #read(request: IncomingMessage, range: ByteRange, cutAfterBytes: number | null): Promise<number> {
    let receivedBytes = 0;
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        if (this.#latestRequest !== request) throw new GoogleError(503, "backendError", "Another request took over.");
        const known = Math.max(0, this.#writer.receivedBytes - range.startByte - receivedBytes);
        receivedBytes += chunk.length;
        if (known < chunk.length) await this.#writer.append(known === 0 ? chunk : chunk.subarray(known));
        if (cutAfterBytes !== null && receivedBytes >= cutAfterBytes) request.socket.destroy();
      }
    } catch (error) {
      if (this.#latestRequest === request) this.#writer.dropRemainder();
      throw error;
    }
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
