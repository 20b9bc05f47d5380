import { pipeline } from "node:stream/promises";
import { type Bucket, type File, Storage } from "@google-cloud/storage";
import { crc32c } from "@node-rs/crc32";
import { storageObject } from "#contracts/storage-object.ts";
import { parseAnswer } from "#google/answer.ts";
import { googleError, httpStatusOf } from "#google/errors.ts";
import { asError, PermanentError, RetryableError } from "#kernel/verdicts.ts";
import type { ObjectStore, ResumableUpload, StoredObject } from "#ports/object-store.ts";

export interface StorageOptions {
  readonly projectId: string;
  readonly bucket: string;
  /** Another address than Google's. */
  readonly endpoint?: string | undefined;
}

/** Google's advice for uploads of unknown size; a multiple of 256 KiB. The client holds one chunk in memory. */
const UPLOAD_CHUNK_BYTES = 8 * 1024 * 1024;
const API = "Storage";

/** Our bucket through the official client, as the function's service account. */
export function makeObjectStore({ projectId, bucket: bucketName, endpoint }: StorageOptions): ObjectStore {
  const storage = new Storage({
    projectId,
    crc32cGenerator: makeNativeCrc32c,
    retryOptions: { autoRetry: true, maxRetries: 3, totalTimeout: 60 },
    ...(endpoint === undefined ? {} : { apiEndpoint: endpoint, useAuthWithCustomEndpoint: true }),
  });
  const bucket = storage.bucket(bucketName);
  return {
    uriOf: (name) => `gs://${bucketName}/${name}`,
    stat: (name) => orNull(async () => (await bucket.file(name).getMetadata())[0]),
    beginUpload: async (name, contentType) => {
      const options = { metadata: { contentType }, preconditionOpts: { ifGenerationMatch: 0 } };
      const [sessionUri] = await verdicts(() => bucket.file(name).createResumableUpload(options));
      return sessionUri;
    },
    upload: (upload) => sendUpload(bucket, upload),
    remove: async ({ name, generation }) => {
      await orNull(async () => {
        await bucket.file(name).delete({ ifGenerationMatch: generation });
        return null;
      });
    },
    read: (name, maxBytes) => readObject(bucket.file(name), maxBytes),
    list: async (prefix) => {
      const [files] = await verdicts(() => bucket.getFiles({ prefix }));
      return files.map((file) => parseAnswer(API, storageObject, file.metadata));
    },
  };
}

/**
 * Sends the content through the session. The client holds the last chunk back until the content has ended, skips
 * what the server has, and compares checksums at the end; it removes the object when they differ.
 */
async function sendUpload(
  bucket: Bucket,
  { name, sessionUri, content, beforeEnd }: ResumableUpload,
): ReturnType<ObjectStore["upload"]> {
  const file = bucket.file(name);
  let failure: Error | null = null;
  const source = counted({ content, beforeEnd }, (error) => {
    failure = error;
  });
  try {
    const sink = file.createWriteStream({
      uri: sessionUri,
      chunkSize: UPLOAD_CHUNK_BYTES,
      resumable: true,
      validation: "crc32c",
      preconditionOpts: { ifGenerationMatch: 0 },
    });
    await pipeline(source, sink);
    return { kind: "stored", object: parseAnswer(API, storageObject, file.metadata) };
  } catch (refusal) {
    const thrown = asUploadError(refusal);
    // The content's own verdict comes first: the client dresses it up as a failed upload.
    if (failure !== null) throw failure;
    const status = httpStatusOf(thrown);
    if (status === 412) return { kind: "exists" };
    if (status === 404 || status === 410 || thrown instanceof RangeError || isMismatch(thrown)) {
      return { kind: "session_lost" };
    }
    throw storageError(thrown);
  }
}

/** Passes the content on and, when it has ended, says what was sent before the client may finalize the object. */
async function* counted(
  { content, beforeEnd }: Pick<ResumableUpload, "content" | "beforeEnd">,
  note: (error: Error) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const checksum = makeNativeCrc32c();
  let sizeBytes = 0;
  try {
    for await (const piece of content) {
      checksum.update(piece);
      sizeBytes += piece.length;
      yield piece;
    }
    await beforeEnd({ sizeBytes, crc32c: checksum.toString() });
  } catch (thrown) {
    note(asError(thrown));
    throw thrown;
  }
}

/** The client throws Google's error body itself, which is no Error, when a session's request is refused. */
function asUploadError(thrown: unknown): unknown {
  if (thrown instanceof Error || typeof thrown !== "object" || thrown === null) return thrown;
  return Object.assign(new Error("the upload was refused"), thrown);
}

/** The client found another checksum than ours and has removed the object. */
function isMismatch(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "FILE_NO_UPLOAD";
}

/** Asks for the size first: what the reader cannot hold is not fetched. */
async function readObject(file: File, maxBytes: number): Promise<Uint8Array> {
  try {
    const [metadata] = await file.getMetadata();
    if (parseAnswer(API, storageObject, metadata).sizeBytes > maxBytes) {
      throw new PermanentError(`object ${file.name} is larger than ${maxBytes} bytes`, { code: "object_too_large" });
    }
    const [bytes] = await file.download({ validation: "crc32c" });
    return bytes;
  } catch (thrown) {
    if (httpStatusOf(thrown) === 404) {
      throw new PermanentError(`object ${file.name} is gone from the bucket`, { code: "object_missing" });
    }
    throw storageError(thrown);
  }
}

async function orNull(read: () => Promise<unknown>): Promise<StoredObject | null> {
  try {
    const answer = await read();
    return answer === null ? null : parseAnswer(API, storageObject, answer);
  } catch (thrown) {
    if (httpStatusOf(thrown) === 404 || httpStatusOf(thrown) === 412) return null;
    throw storageError(thrown);
  }
}

async function verdicts<Answer>(send: () => Promise<Answer>): Promise<Answer> {
  try {
    return await send();
  } catch (thrown) {
    throw storageError(thrown);
  }
}

/** A refusal of our own service account is a mistake of the installation: retried until someone mends it. */
function storageError(thrown: unknown): Error {
  const error = googleError(thrown, { api: API });
  if (thrown instanceof PermanentError || !(error instanceof PermanentError)) return error;
  const status = httpStatusOf(thrown);
  return status === 403 || status === 404
    ? new RetryableError(`${error.message} Check the bucket and the function's rights.`, {
        code: error.code,
        cause: thrown,
      })
    : error;
}

/** The client's own CRC32C runs in JavaScript and halves the rate of a copy. */
function makeNativeCrc32c() {
  let value = 0;
  const text = (): string => crc32cText(value);
  return {
    update: (data: Uint8Array): void => {
      value = crc32c(data, value);
    },
    validate: (expected: string): boolean => expected === text(),
    toString: text,
  };
}

function crc32cText(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString("base64");
}
