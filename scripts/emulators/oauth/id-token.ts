import { createHash, generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import { exportJWK, SignJWT } from "jose";

const ID_TOKEN_SECONDS = 3_600;
export const ISSUER = "https://accounts.google.com";

export interface IdTokenSigner {
  /** Signs RS256 with iss, iat and exp added to the claims. */
  sign(claims: Record<string, unknown>): Promise<string>;
  /** `/oauth2/v1/certs`: key id -> PEM. */
  readonly pem: Readonly<Record<string, string>>;
  /** `/oauth2/v3/certs`. */
  readonly jwks: { readonly keys: readonly unknown[] };
}

/** A signer with a fresh 2048-bit key, as strong as Google's. */
export async function createIdTokenSigner(now: () => Date): Promise<IdTokenSigner> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2_048 });
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const kid = createHash("sha1").update(pem).digest("hex");
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: "RS256", use: "sig" };
  const sign = (claims: Record<string, unknown>): Promise<string> => {
    const issuedAt = Math.floor(now().getTime() / 1_000);
    return new SignJWT({ ...claims, iss: ISSUER, iat: issuedAt, exp: issuedAt + ID_TOKEN_SECONDS })
      .setProtectedHeader({ alg: "RS256", kid, typ: "JWT" })
      .sign(privateKey);
  };
  return { sign, pem: { [kid]: pem }, jwks: { keys: [jwk] } };
}

/** 21 digits that stay the same for a service account. */
export function uniqueIdOf(serviceAccount: string): string {
  const digest = createHash("sha256").update(serviceAccount).digest();
  return `1${(digest.readBigUInt64BE() % 10n ** 20n).toString().padStart(20, "0")}`;
}
