import { z } from "zod";
import { GoogleError } from "../rest/errors.ts";
import type { Blob } from "./blob-store.ts";

/** What a client may set on an object; anything else is refused. */
export const writableMetadataSchema = z.strictObject({
  name: z.string().optional(),
  bucket: z.string().optional(),
  contentType: z.string().optional(),
  contentEncoding: z.string().optional(),
  contentDisposition: z.string().optional(),
  contentLanguage: z.string().optional(),
  cacheControl: z.string().optional(),
  customTime: z.iso.datetime({ offset: true }).optional(),
  storageClass: z.enum(["STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"]).optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  crc32c: z.string().optional(),
  md5Hash: z.string().optional(),
});
export type WritableMetadata = z.output<typeof writableMetadataSchema>;

/** One live generation of an object. */
export interface StoredObject {
  readonly bucket: string;
  readonly name: string;
  readonly generation: bigint;
  metageneration: number;
  readonly blob: Blob;
  attributes: Omit<WritableMetadata, "name" | "bucket" | "crc32c" | "md5Hash">;
  readonly createdAt: Date;
  updatedAt: Date;
}

/** The object resource of the JSON API; 64-bit numbers are text there. */
export function objectResource(object: StoredObject, origin: string): Record<string, unknown> {
  const { bucket, name, generation, blob, attributes } = object;
  const path = `storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(name)}`;
  const created = object.createdAt.toISOString();
  return {
    kind: "storage#object",
    id: `${bucket}/${name}/${generation}`,
    selfLink: `${origin}/${path}`,
    mediaLink: `${origin}/download/${path}?generation=${generation}&alt=media`,
    name,
    bucket,
    generation: String(generation),
    metageneration: String(object.metageneration),
    storageClass: "STANDARD",
    size: String(blob.sizeBytes),
    md5Hash: blob.md5Hash,
    crc32c: blob.crc32c,
    etag: etagOf(object),
    timeCreated: created,
    updated: object.updatedAt.toISOString(),
    timeStorageClassUpdated: created,
    timeFinalized: created,
    ...attributes,
  };
}

export function etagOf({ generation, metageneration }: StoredObject): string {
  return Buffer.from(`${generation}/${metageneration}`).toString("base64");
}

export const preconditionParameters = [
  "ifGenerationMatch",
  "ifGenerationNotMatch",
  "ifMetagenerationMatch",
  "ifMetagenerationNotMatch",
] as const;
export type Preconditions = Partial<Record<(typeof preconditionParameters)[number], string>>;

export function preconditionsOf(query: URLSearchParams): Preconditions {
  const given: Preconditions = {};
  for (const name of preconditionParameters) {
    const value = query.get(name);
    if (value === null) continue;
    if (!/^\d+$/.test(value)) throw new GoogleError(400, "invalidParameter", `Invalid value for ${name}: ${value}`);
    given[name] = value;
  }
  return given;
}

/** 412 (304 for a failed "not match" of a read) unless `object`, absent = generation 0, is what the caller expects. */
export function checkPreconditions(given: Preconditions, object: StoredObject | undefined, reading = false): void {
  const generation = String(object?.generation ?? 0n);
  const metageneration = String(object?.metageneration ?? 0);
  const differs = (expected: string | undefined, actual: string): boolean =>
    expected !== undefined && expected !== actual;
  if (differs(given.ifGenerationMatch, generation) || differs(given.ifMetagenerationMatch, metageneration)) {
    throw conditionNotMet(412);
  }
  if (given.ifGenerationNotMatch === generation || given.ifMetagenerationNotMatch === metageneration) {
    throw conditionNotMet(reading ? 304 : 412);
  }
}

function conditionNotMet(status: 304 | 412): GoogleError {
  return new GoogleError(status, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.");
}

/** Checksums a client declares for its bytes, base64. */
export interface DeclaredHashes {
  readonly crc32c?: string | undefined;
  readonly md5Hash?: string | undefined;
}

/** Refuses bytes whose checksums are not those that the client declared. */
export function checkHashes(declared: DeclaredHashes, blob: Blob): void {
  const { crc32c, md5Hash } = declared;
  if (crc32c !== undefined && crc32c !== blob.crc32c) {
    throw wrongHash(`Provided CRC32C "${crc32c}" doesn't match calculated CRC32C "${blob.crc32c}".`);
  }
  if (md5Hash !== undefined && md5Hash !== blob.md5Hash) {
    throw wrongHash(`Provided MD5 hash "${md5Hash}" doesn't match calculated MD5 hash "${blob.md5Hash}".`);
  }
}

const wrongHash = (message: string): GoogleError => new GoogleError(400, "invalid", message);
