import type { EmulatorClock } from "../rest/emulator.ts";

/** `gs://bucket/name`; an output's name is a prefix and may be empty. */
export interface ObjectAddress {
  readonly bucket: string;
  readonly name: string;
}

/** Where Speech reads audio and writes results, and as whom. */
export interface Storage {
  /** `http://127.0.0.1:PORT` of any server with Cloud Storage's JSON API. */
  readonly endpoint: string;
  /** A token of the service agent for the bucket. */
  readonly accessToken: () => string | Promise<string>;
  /** Retries wait by it. */
  readonly clock: EmulatorClock;
}

/** google.rpc.Status; code is a google.rpc.Code. */
export interface RpcStatus {
  readonly code: number;
  readonly message: string;
}

/** A file's failure: it ends in the file's result, never in the operation's own error. */
export class FileError extends Error {
  readonly status: RpcStatus;

  constructor(code: number, message: string) {
    super(message);
    this.name = "FileError";
    this.status = { code, message };
  }
}

export const rpcCode = { invalidArgument: 3, notFound: 5, permissionDenied: 7, internal: 13, unavailable: 14 } as const;

const TRIES = 4;
const FIRST_RETRY_MS = 500;

export function parseObjectUri(uri: string): ObjectAddress | null {
  const match = /^gs:\/\/([^/#?\s]+)(?:\/(.*))?$/s.exec(uri);
  return match?.[1] === undefined ? null : { bucket: match[1], name: match[2] ?? "" };
}

/** The whole object. Throws FileError. */
export async function readObject(access: Storage, { bucket, name }: ObjectAddress): Promise<Buffer> {
  const path = `/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(name)}?alt=media`;
  return request(access, { path, method: "GET", what: `gs://${bucket}/${name}` });
}

/** Writes a JSON object. Throws FileError. */
export async function writeObject(access: Storage, { bucket, name }: ObjectAddress, json: string): Promise<void> {
  const query = new URLSearchParams({ uploadType: "media", name });
  const path = `/upload/storage/v1/b/${encodeURIComponent(bucket)}/o?${query}`;
  await request(access, { path, method: "POST", what: `gs://${bucket}/${name}`, body: json });
}

interface StorageRequest {
  readonly path: string;
  readonly method: string;
  readonly what: string;
  readonly body?: string;
}

async function request(access: Storage, options: StorageRequest): Promise<Buffer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await send(access, options).catch((error: unknown) => ({ status: 503, bytes: String(error) }));
    if (answer.status < 300 && answer.bytes instanceof Buffer) return answer.bytes;
    const isPassing = answer.status >= 500 || answer.status === 429;
    if (!isPassing || attempt === TRIES) throw failure(answer.status, options.what);
    await new Promise<void>((resolve) => access.clock.after(FIRST_RETRY_MS * 2 ** (attempt - 1), resolve));
  }
}

async function send(
  access: Storage,
  { path, method, body }: StorageRequest,
): Promise<{ status: number; bytes: Buffer }> {
  const authorization = `Bearer ${await access.accessToken()}`;
  const type = body === undefined ? {} : { "content-type": "application/json" };
  const init = { method, headers: { authorization, ...type }, ...(body === undefined ? {} : { body }) };
  const response = await fetch(new URL(path, access.endpoint), init);
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
}

function failure(status: number, what: string): FileError {
  if (status === 404) return new FileError(rpcCode.notFound, `The requested entity was not found: ${what}`);
  if (status === 401 || status === 403) {
    return new FileError(rpcCode.permissionDenied, `The Speech service agent has no access to ${what}`);
  }
  if (status < 500 && status !== 429) return new FileError(rpcCode.invalidArgument, `Cannot use ${what} (${status})`);
  return new FileError(rpcCode.unavailable, `Cloud Storage was not available for ${what}`);
}
