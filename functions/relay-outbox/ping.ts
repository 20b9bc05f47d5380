import { createHmac, timingSafeEqual } from "node:crypto";
import type { Secret } from "#kernel/secret.ts";

/** A ping's timestamp may be this far from our clock; the database refuses a nonce it has seen in twice that time. */
const WINDOW_SECONDS = 300;
const NONCE = /^[0-9a-f-]{16,64}$/;

/** The three headers a ping carries. */
export interface PingHeaders {
  readonly timestamp: string | undefined;
  readonly nonce: string | undefined;
  readonly signature: string | undefined;
}

export type Ping = { readonly [Header in keyof PingHeaders]: string };

/** The headers of a well-formed and fresh ping, else null; who sent it is not known yet. */
export function freshPing({ timestamp = "", nonce = "", signature = "" }: PingHeaders, now: Date): Ping | null {
  if (!/^\d{1,12}$/.test(timestamp) || !NONCE.test(nonce) || !/^[0-9a-f]{64}$/.test(signature)) return null;
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > WINDOW_SECONDS) return null;
  return { timestamp, nonce, signature };
}

/** True when the HMAC-SHA256 over `timestamp.nonce` is right, compared in constant time. */
export function isSigned({ timestamp, nonce, signature }: Ping, key: Secret): boolean {
  const expected = createHmac("sha256", key.reveal()).update(`${timestamp}.${nonce}`).digest();
  return timingSafeEqual(expected, Buffer.from(signature, "hex"));
}
