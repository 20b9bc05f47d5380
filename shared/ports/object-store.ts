/** An object of our bucket. */
export interface StoredObject {
  readonly name: string;
  readonly sizeBytes: number;
  /** Base64 of the big-endian CRC32C, as Cloud Storage writes it. */
  readonly crc32c: string;
  readonly generation: string;
}

/** One resumable upload; the session survives the process. */
export interface ResumableUpload {
  readonly name: string;
  /** A secret: whoever has it may write the object. */
  readonly sessionUri: string;
  /** The whole content from its first byte: what the server has already is skipped. Its end finalizes the object. */
  readonly content: AsyncIterable<Uint8Array>;
  /** Called when the content has ended and before the object comes to be; what it throws prevents the object. */
  readonly beforeEnd: (sent: { readonly sizeBytes: number; readonly crc32c: string }) => Promise<void>;
}

/** One bucket. Throws verdicts; `RetryableError` for anything a later try may mend. */
export interface ObjectStore {
  /** `gs://…` of an object or a prefix, for APIs that read and write the bucket themselves. */
  uriOf(name: string): string;
  stat(name: string): Promise<StoredObject | null>;
  /** Opens an upload that creates the object and never replaces one; the answer is the session's address. */
  beginUpload(name: string, contentType: string): Promise<string>;
  upload(upload: ResumableUpload): Promise<
    | { readonly kind: "stored"; readonly object: StoredObject }
    /** Somebody created the object meanwhile. */
    | { readonly kind: "exists" }
    /** The server does not know the session any more, or holds other bytes than ours: begin again. */
    | { readonly kind: "session_lost" }
  >;
  /** Removes that generation and no other. */
  remove(object: StoredObject): Promise<void>;
  /** The whole object; throws `PermanentError` (`object_missing`, `object_too_large`). */
  read(name: string, maxBytes: number): Promise<Uint8Array>;
  list(prefix: string): Promise<readonly StoredObject[]>;
}
