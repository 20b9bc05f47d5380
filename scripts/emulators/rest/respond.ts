import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { Fault } from "./faults.ts";
import type { Reply } from "./operation.ts";

/** Sends a reply; streams are piped with backpressure. A client that went away is not an error here. */
export async function respond(response: ServerResponse, reply: Reply): Promise<void> {
  const { headers, body } = parts(reply);
  response.writeHead(reply.status, headers);
  if (!(body instanceof Readable)) {
    response.end(body);
    return;
  }
  await pipeline(body, response).catch(() => response.destroy());
}

/** Sends a reply as `truncate` or `corrupt` would leave it: the declared length stays that of the whole. */
export async function respondDamaged(response: ServerResponse, reply: Reply, fault: Fault): Promise<void> {
  const { headers, body } = parts(reply);
  const bytes = body instanceof Readable ? await buffer(body) : Buffer.from(body ?? []);
  response.writeHead(reply.status, { ...headers, "content-length": String(bytes.length) });
  if (fault.kind === "corrupt") {
    response.end(corrupted(bytes, fault.fraction ?? 0.01));
    return;
  }
  const kept = bytes.subarray(0, Math.floor(bytes.length * (fault.fraction ?? 0.5)));
  // The kept bytes must have left before the socket goes, or the client sees nothing at all.
  response.write(kept, () => response.destroy());
}

/** Every n-th byte inverted, n from `fraction`; the same bytes each time. */
function corrupted(bytes: Buffer, fraction: number): Buffer {
  const copy = Buffer.from(bytes);
  const step = Math.max(1, Math.round(1 / Math.max(fraction, 1e-9)));
  for (let at = Math.floor(step / 2); at < copy.length; at += step) copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}

function parts(reply: Reply): { headers: Record<string, string>; body: Uint8Array | Readable | undefined } {
  if (reply.json !== undefined) {
    const body = Buffer.from(JSON.stringify(reply.json));
    const headers = { "content-type": "application/json; charset=UTF-8", "content-length": String(body.length) };
    return { headers: { ...headers, ...reply.headers }, body };
  }
  const length = reply.bytes instanceof Readable ? {} : { "content-length": String(reply.bytes?.length ?? 0) };
  return { headers: { ...length, ...reply.headers }, body: reply.bytes };
}
