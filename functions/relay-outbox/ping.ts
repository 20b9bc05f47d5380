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

/**
 * The nonce of a ping whose HMAC-SHA256 over `timestamp.nonce` is right and fresh, else null.
 * Costs no database read, so that a forger cannot make us work; the nonce is spent by the caller afterwards.
 */
export function verifiedNonce(headers: PingHeaders, key: Secret, now: Date): string | null {
  const { timestamp = "", nonce = "", signature = "" } = headers;
  if (!/^\d{1,12}$/.test(timestamp) || !NONCE.test(nonce) || !/^[0-9a-f]{64}$/.test(signature)) return null;
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > WINDOW_SECONDS) return null;
  const expected = createHmac("sha256", key.reveal()).update(`${timestamp}.${nonce}`).digest();
  return timingSafeEqual(expected, Buffer.from(signature, "hex")) ? nonce : null;
}
