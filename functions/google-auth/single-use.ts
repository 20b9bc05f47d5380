import { createHash, randomBytes } from "node:crypto";

/** 32 random bytes in base64url: 43 characters, as state, cookie or PKCE verifier (RFC 7636 asks for 43 to 128). */
export function randomToken(): string {
  return randomBytes(32).toString("base64url");
}

/** True for what `randomToken` makes; anything else was not made here. */
export function isToken(text: string | undefined): text is string {
  return text !== undefined && /^[A-Za-z0-9_-]{43}$/.test(text);
}

export const sha256Hex = (text: string): string => createHash("sha256").update(text).digest("hex");

/** PKCE's S256 challenge of a verifier. */
export const codeChallengeOf = (verifier: string): string => createHash("sha256").update(verifier).digest("base64url");
