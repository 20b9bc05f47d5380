import { randomBytes } from "node:crypto";
import { GoogleError, invalid, invalidBody } from "../rest/errors.ts";
import type { Call, Operation, Reply } from "../rest/operation.ts";
import { ok } from "../rest/operation.ts";
import type { Blob } from "./blob-store.ts";
import { parseContentRange } from "./content-range.ts";
import { parseMultipartRelated } from "./multipart-related.ts";
import {
  checkHashes,
  checkPreconditions,
  type DeclaredHashes,
  objectResource,
  preconditionParameters,
  preconditionsOf,
  type StoredObject,
  type WritableMetadata,
  writableMetadataSchema,
} from "./object-resource.ts";
import { ResumableSession, type SessionStart } from "./resumable-session.ts";
import type { StorageState } from "./storage-state.ts";

const MAX_NAME_BYTES = 1_024;
const UPLOAD_PATH = "/upload/storage/v1/b/:bucket/o";
const INSERT_PARAMETERS = [
  "name",
  "uploadType",
  "contentEncoding",
  "projection",
  "userProject",
  ...preconditionParameters,
];

/** `objects.insert` in its three forms, and the requests of a resumable session. */
export const uploadOperations: readonly Operation<StorageState>[] = [
  {
    name: "objects.insert",
    method: "POST",
    path: UPLOAD_PATH,
    query: INSERT_PARAMETERS,
    serviceAccounts: true,
    run: (call, state) => insertForm(call)(call, state),
  },
  {
    name: "objects.resumable",
    method: "PUT",
    path: UPLOAD_PATH,
    query: [...INSERT_PARAMETERS, "upload_id"],
    // Whoever knows a session's address may use it: it is the credential.
    anonymous: true,
    run: continueUpload,
  },
  {
    name: "objects.cancelResumable",
    method: "DELETE",
    path: UPLOAD_PATH,
    query: [...INSERT_PARAMETERS, "upload_id"],
    anonymous: true,
    async run(call, state) {
      const session = sessionOf(call, state);
      await session.cancel();
      return { status: 499 };
    },
  },
];

function insertForm(call: Call): (call: Call, state: StorageState) => Promise<Reply> {
  const forms = new Map([
    ["media", insertMedia],
    ["multipart", insertMultipart],
    ["resumable", startResumable],
  ]);
  const form = forms.get(call.query.get("uploadType") ?? "");
  if (form === undefined) throw invalid("Upload type must be one of media, multipart and resumable.");
  return form;
}

async function insertMedia(call: Call, state: StorageState): Promise<Reply> {
  const type = call.headers.get("content-type");
  const metadata = metadataOf(call, type === null ? {} : { contentType: type });
  state.bucket(bucketOf(call));
  const writer = state.blobs.create();
  try {
    for await (const chunk of call.request as AsyncIterable<Buffer>) await writer.append(chunk);
  } catch (error) {
    await writer.discard();
    throw error;
  }
  return putObject(call, state, { metadata, blob: await writer.finish() });
}

async function insertMultipart(call: Call, state: StorageState): Promise<Reply> {
  const {
    metadata: given,
    contentType,
    content,
  } = parseMultipartRelated(call.headers.get("content-type") ?? "", await call.rawBody());
  const parsed = parseMetadata(given);
  const type = parsed.contentType ?? contentType;
  const metadata = metadataOf(call, { ...parsed, ...(type === undefined ? {} : { contentType: type }) });
  const writer = state.blobs.create();
  await writer.append(content);
  return putObject(call, state, { metadata, blob: await writer.finish() });
}

async function startResumable(call: Call, state: StorageState): Promise<Reply> {
  const text = (await call.rawBody()).toString("utf8");
  const parsed = parseMetadata(text === "" ? {} : parseJson(text));
  const type = parsed.contentType ?? call.headers.get("x-upload-content-type") ?? undefined;
  const metadata = metadataOf(call, { ...parsed, ...(type === undefined ? {} : { contentType: type }) });
  const preconditions = preconditionsOf(call.query);
  const bucket = state.bucket(bucketOf(call));
  checkPreconditions(preconditions, bucket.objects.get(metadata.name));
  const length = call.headers.get("x-upload-content-length");
  const start = {
    bucket: bucket.name,
    name: metadata.name,
    metadata,
    preconditions,
    declaredBytes: length === null ? null : Number(length),
    startedAt: state.now(),
  };
  const id = randomBytes(24).toString("base64url");
  const complete = (blob: Blob, hashes: DeclaredHashes): Promise<StoredObject> =>
    finishUpload(state, { id, start, blob, hashes, origin: call.url.origin });
  state.sessions.set(id, new ResumableSession(start, { writer: state.blobs.create(), complete }));
  const location = new URL(call.url.pathname, call.url.origin);
  location.search = new URLSearchParams({ uploadType: "resumable", name: start.name, upload_id: id }).toString();
  return { status: 200, headers: { location: location.href, "x-guploader-uploadid": id } };
}

/** A session ends with its refusal too: its bytes are gone, and its address with them. */
async function finishUpload(
  state: StorageState,
  {
    id,
    start,
    blob,
    hashes,
    origin,
  }: { id: string; start: SessionStart; blob: Blob; hashes: DeclaredHashes; origin: string },
): Promise<StoredObject> {
  const { bucket, name, metadata, preconditions } = start;
  try {
    checkHashes(hashes, blob);
    return await state.put({ bucket, name, blob, metadata, preconditions, origin });
  } catch (error) {
    state.sessions.delete(id);
    await blob.delete();
    throw error;
  }
}

async function continueUpload(call: Call, state: StorageState): Promise<Reply> {
  const session = sessionOf(call, state);
  session.checkUsable(state.now());
  const range = parseContentRange(call.headers.get("content-range"));
  if (session.completion === null) {
    if (range.kind === "query") session.finishIfWhole(range.totalBytes);
    else await session.receive(call.request, { ...range, hashes: declaredHashes(call) }, takeCut(state));
  }
  if (session.completion === null) return resumeIncomplete(session);
  return ok(objectResource(await session.completion, call.url.origin));
}

function takeCut(state: StorageState): number | null {
  const cutAfterBytes = state.cutUploadAfterBytes;
  state.cutUploadAfterBytes = null;
  return cutAfterBytes;
}

function resumeIncomplete({ persistedBytes }: ResumableSession): Reply {
  const headers = persistedBytes === 0 ? undefined : { range: `bytes=0-${persistedBytes - 1}` };
  return { status: 308, ...(headers === undefined ? {} : { headers }) };
}

async function putObject(
  call: Call,
  state: StorageState,
  { metadata, blob }: { metadata: WritableMetadata & { name: string }; blob: Blob },
): Promise<Reply> {
  checkHashes(declaredHashes(call), blob);
  const object = await state.put({
    bucket: bucketOf(call),
    name: metadata.name,
    blob,
    metadata,
    preconditions: preconditionsOf(call.query),
    origin: call.url.origin,
  });
  return ok(objectResource(object, call.url.origin));
}

/** `X-Goog-Hash: crc32c=…,md5=…`. */
function declaredHashes(call: Call): DeclaredHashes {
  const header = call.headers.get("x-goog-hash") ?? "";
  const crc32c = /crc32c=([^,\s]+)/.exec(header)?.[1];
  const md5Hash = /md5=([^,\s]+)/.exec(header)?.[1];
  return { ...(crc32c === undefined ? {} : { crc32c }), ...(md5Hash === undefined ? {} : { md5Hash }) };
}

function sessionOf(call: Call, state: StorageState): ResumableSession {
  const session = state.sessions.get(call.query.get("upload_id") ?? "");
  if (session === undefined || session.start.bucket !== bucketOf(call)) {
    throw new GoogleError(404, "notFound", "No such upload session.");
  }
  return session;
}

const bucketOf = (call: Call): string => call.params["bucket"] ?? "";

/** The metadata with the object's name, from the query or the body. */
function metadataOf(call: Call, given: WritableMetadata): WritableMetadata & { name: string } {
  const name = call.query.get("name") ?? given.name ?? "";
  const bytes = Buffer.byteLength(name);
  if (bytes === 0) throw new GoogleError(400, "required", "Required object name.");
  if (bytes > MAX_NAME_BYTES || /[\r\n]/.test(name) || name === "." || name === "..") {
    throw invalid("Disallowed object name.");
  }
  const encoding = call.query.get("contentEncoding");
  return {
    contentType: "application/octet-stream",
    ...given,
    ...(encoding === null ? {} : { contentEncoding: encoding }),
    name,
  };
}

function parseMetadata(value: unknown): WritableMetadata {
  const parsed = writableMetadataSchema.safeParse(value);
  if (!parsed.success) throw invalidBody(parsed.error);
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid("Parse Error", "parseError");
  }
}
