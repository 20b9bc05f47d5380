import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { crc32c } from "@node-rs/crc32";

/** Cloud Storage keeps an unfinished upload in steps of 256 KiB. */
export const UPLOAD_GRAIN_BYTES = 256 * 1024;

/** Finished bytes; never change. */
export interface Blob {
  readonly sizeBytes: number;
  /** Base64 of the big-endian crc32c. */
  readonly crc32c: string;
  /** Base64. */
  readonly md5Hash: string;
  /** Bytes `start` to `end`, both included. What has been opened can be read on after `delete`. */
  read(start: number, end: number): Promise<Readable>;
  delete(): Promise<void>;
}

// A process that ends without `remove` leaves no recording behind, short of being killed.
const folders = new Set<string>();
process.once("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Object bytes as files of one temporary folder, so that memory does not grow with what is stored. */
export class BlobStore {
  readonly #folder = mkdtempSync(join(tmpdir(), "storage-emulator-"));

  constructor() {
    folders.add(this.#folder);
  }

  create(): BlobWriter {
    return new BlobWriter(join(this.#folder, randomUUID()));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
    folders.delete(this.#folder);
  }
}

/** Takes bytes in order. Only whole 256 KiB steps are persisted before `finish`, as on Google's side. */
export class BlobWriter {
  readonly #path: string;
  #file: FileHandle | null = null;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #persistedBytes = 0;
  #crc = 0;
  readonly #md5 = createHash("md5");

  constructor(path: string) {
    this.#path = path;
  }

  get persistedBytes(): number {
    return this.#persistedBytes;
  }

  get receivedBytes(): number {
    return this.#persistedBytes + this.#pendingBytes;
  }

  async append(chunk: Buffer): Promise<void> {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes >= UPLOAD_GRAIN_BYTES) {
      await this.#persist(this.#pendingBytes - (this.#pendingBytes % UPLOAD_GRAIN_BYTES));
    }
  }

  /** Forgets what is not persisted: the connection broke, or a chunk did not end on a step. */
  dropRemainder(): void {
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  async finish(): Promise<Blob> {
    await this.#persist(this.#pendingBytes);
    await this.#close();
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(this.#crc >>> 0);
    const path = this.#path;
    return {
      sizeBytes: this.#persistedBytes,
      crc32c: crc.toString("base64"),
      md5Hash: this.#md5.digest("base64"),
      read: async (start, end) =>
        (await open(path)).createReadStream({ start, end, highWaterMark: UPLOAD_GRAIN_BYTES }),
      delete: () => rm(path, { force: true }),
    };
  }

  async discard(): Promise<void> {
    this.dropRemainder();
    await this.#close();
    await rm(this.#path, { force: true });
  }

  async #persist(bytes: number): Promise<void> {
    this.#file ??= await open(this.#path, "w");
    const all = this.#pending.length === 1 ? (this.#pending[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#pending);
    const step = all.subarray(0, bytes);
    const rest = all.subarray(bytes);
    this.#pending = rest.length > 0 ? [rest] : [];
    this.#pendingBytes = rest.length;
    for (let at = 0; at < step.length; ) at += (await this.#file.write(step, at)).bytesWritten;
    this.#crc = crc32c(step, this.#crc);
    this.#md5.update(step);
    this.#persistedBytes += step.length;
  }

  async #close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }
}
