import { z } from "zod";
import { GoogleError, notFound } from "../rest/errors.ts";
import type { Call, Operation, Reply } from "../rest/operation.ts";
import { ok, withBody } from "../rest/operation.ts";
import { parseRange } from "./content-range.ts";
import {
  checkPreconditions,
  etagOf,
  objectResource,
  preconditionParameters,
  preconditionsOf,
  type StoredObject,
  writableMetadataSchema,
} from "./object-resource.ts";
import type { StorageState } from "./storage-state.ts";

const OBJECT_PATH = "/storage/v1/b/:bucket/o/:object";
const OBJECT_PARAMETERS = ["generation", "projection", "userProject", ...preconditionParameters];
const MAX_RESULTS = 1_000;

/** A patch: null removes a field, and a key of `metadata`. */
const patchSchema = z.strictObject({
  ...Object.fromEntries(
    (
      ["contentType", "contentEncoding", "contentDisposition", "contentLanguage", "cacheControl", "customTime"] as const
    ).map((name) => [name, writableMetadataSchema.shape[name].nullable()]),
  ),
  metadata: z.record(z.string(), z.string().nullable()).nullable().optional(),
});

/** Reading, listing, changing and deleting objects. */
export const objectOperations: readonly Operation<StorageState>[] = [
  ...["", "/download"].map(
    (prefix): Operation<StorageState> => ({
      name: "objects.get",
      method: "GET",
      path: `${prefix}${OBJECT_PATH}`,
      query: OBJECT_PARAMETERS,
      serviceAccounts: true,
      run(call, state) {
        const object = objectOf(call, state);
        checkPreconditions(preconditionsOf(call.query), object, true);
        if (call.query.get("alt") === "media") return media(call, object);
        return ok(objectResource(object, call.url.origin));
      },
    }),
  ),
  {
    name: "objects.list",
    method: "GET",
    path: "/storage/v1/b/:bucket/o",
    query: ["prefix", "delimiter", "pageToken", "maxResults", "startOffset", "endOffset", "projection", "userProject"],
    serviceAccounts: true,
    run: list,
  },
  {
    name: "objects.patch",
    method: "PATCH",
    path: OBJECT_PATH,
    query: OBJECT_PARAMETERS,
    serviceAccounts: true,
    ...withBody<StorageState, typeof patchSchema>(patchSchema, (patch, call, state) => {
      const object = objectOf(call, state);
      checkPreconditions(preconditionsOf(call.query), object);
      const merged = { ...object.attributes, ...patch, metadata: mergedMetadata(object, patch.metadata) };
      state.update(object, withoutNull(merged), call.url.origin);
      return ok(objectResource(object, call.url.origin));
    }),
  },
  {
    name: "objects.delete",
    method: "DELETE",
    path: OBJECT_PATH,
    query: OBJECT_PARAMETERS,
    serviceAccounts: true,
    async run(call, state) {
      const object = objectOf(call, state);
      checkPreconditions(preconditionsOf(call.query), object);
      await state.delete(object, call.url.origin);
      return { status: 204 };
    },
  },
];

/** The object of the path; another `generation` than the live one does not exist (no versioning). */
function objectOf(call: Call, state: StorageState): StoredObject {
  const { bucket = "", object: name = "" } = call.params;
  const object = state.object(bucket, name);
  const generation = call.query.get("generation");
  if (generation !== null && generation !== String(object.generation)) {
    throw notFound(`No such object: ${bucket}/${name}#${generation}`);
  }
  return object;
}

async function media(call: Call, object: StoredObject): Promise<Reply> {
  const { blob, generation, metageneration, attributes } = object;
  const headers = {
    "content-type": attributes.contentType ?? "application/octet-stream",
    "accept-ranges": "bytes",
    etag: etagOf(object),
    "x-goog-generation": String(generation),
    "x-goog-metageneration": String(metageneration),
    "x-goog-stored-content-encoding": attributes.contentEncoding ?? "identity",
    "x-goog-stored-content-length": String(blob.sizeBytes),
    "x-goog-hash": `crc32c=${blob.crc32c},md5=${blob.md5Hash}`,
  };
  const range = parseRange(call.headers.get("range"), blob.sizeBytes);
  if (range === "unsatisfiable") throw unsatisfiable(blob.sizeBytes);
  const { start, end } = range ?? { start: 0, end: blob.sizeBytes - 1 };
  const length = { "content-length": String(end - start + 1) };
  if (blob.sizeBytes === 0) return { status: 200, headers, bytes: Buffer.alloc(0) };
  const bytes = await blob.read(start, end);
  if (range === null) return { status: 200, headers: { ...headers, ...length }, bytes };
  const contentRange = { "content-range": `bytes ${start}-${end}/${blob.sizeBytes}` };
  return { status: 206, headers: { ...headers, ...length, ...contentRange }, bytes };
}

function unsatisfiable(sizeBytes: number): GoogleError {
  const error = new GoogleError(416, "requestedRangeNotSatisfiable", "Request range not satisfiable");
  error.headers = { "content-range": `bytes */${sizeBytes}` };
  return error;
}

function list(call: Call, state: StorageState): Reply {
  const { query } = call;
  const bucket = state.bucket(call.params["bucket"] ?? "");
  const prefix = query.get("prefix") ?? "";
  const after = Buffer.from(query.get("pageToken") ?? "", "base64url").toString("utf8");
  const limit = Math.min(MAX_RESULTS, Number(query.get("maxResults") ?? MAX_RESULTS));
  const inRange = (name: string): boolean =>
    name >= (query.get("startOffset") ?? "") &&
    (query.get("endOffset") === null || name < (query.get("endOffset") ?? ""));
  const entries = new Map<string, StoredObject | null>();
  for (const object of bucket.objects.values()) {
    if (!object.name.startsWith(prefix) || !inRange(object.name)) continue;
    const folder = folderOf(object.name, prefix, query.get("delimiter"));
    entries.set(folder ?? object.name, folder === null ? object : null);
  }
  const names = [...entries.keys()].filter((name) => after === "" || name > after).sort();
  const page = names.slice(0, limit);
  const items = page
    .flatMap((name) => entries.get(name) ?? [])
    .map((object) => objectResource(object, call.url.origin));
  const prefixes = page.filter((name) => entries.get(name) === null);
  return ok({
    kind: "storage#objects",
    ...(items.length === 0 ? {} : { items }),
    ...(prefixes.length === 0 ? {} : { prefixes }),
    ...(names.length > limit ? { nextPageToken: Buffer.from(page.at(-1) ?? "").toString("base64url") } : {}),
  });
}

/** The name up to and with the first delimiter after `prefix`, which stands for all objects under it. */
function folderOf(name: string, prefix: string, delimiter: string | null): string | null {
  if (delimiter === null || delimiter === "") return null;
  const at = name.indexOf(delimiter, prefix.length);
  return at === -1 ? null : name.slice(0, at + delimiter.length);
}

function mergedMetadata(
  object: StoredObject,
  patch: Readonly<Record<string, string | null>> | null | undefined,
): Record<string, string> | null {
  if (patch === null) return null;
  return withoutNull({ ...object.attributes.metadata, ...patch }) as Record<string, string>;
}

function withoutNull(values: Readonly<Record<string, unknown>>): Record<string, never> {
  const kept = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(kept) as Record<string, never>;
}
