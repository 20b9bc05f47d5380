import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from "jose";

/** Private ES256 keys as plain JSON, so that another process can be given the same ones. */
export interface SigningKeys {
  /** Signs what signed-in users carry; its public half is what Auth publishes. */
  readonly users: JWK;
  /** Signs the short internal token into which the gateway turns an API key; published nowhere. */
  readonly roles: JWK;
}

export type ApiRole = "anon" | "authenticated" | "service_role";

export interface SessionUser {
  readonly id: string;
  readonly email: string | null;
  readonly appMetadata?: object;
  readonly userMetadata?: object;
}

/** Life of a user's token, the platform's default. */
export const sessionSeconds = 3600;
const roleTokenSeconds = 60;
const algorithm = "ES256";

export async function createSigningKeys(): Promise<SigningKeys> {
  return { users: await privateKey(), roles: await privateKey() };
}

/** The key set at `/auth/v1/.well-known/jwks.json`. */
export function publishedJwks(keys: SigningKeys): { keys: JWK[] } {
  return { keys: [publicKey(keys.users)] };
}

/** What PostgREST accepts: users' tokens and the gateway's own. */
export function acceptedJwks(keys: SigningKeys): { keys: JWK[] } {
  return { keys: [publicKey(keys.users), publicKey(keys.roles)] };
}

/** A token for `role`, good for a minute. */
export function signRoleToken(keys: SigningKeys, role: ApiRole): Promise<string> {
  return sign(keys.roles, { role, iss: "supabase" }, roleTokenSeconds);
}

/** A user's access token with the platform's claims; `issuer` is `<project url>/auth/v1`. */
export function signUserToken(keys: SigningKeys, issuer: string, user: SessionUser): Promise<string> {
  return sign(
    keys.users,
    {
      iss: issuer,
      aud: "authenticated",
      sub: user.id,
      role: "authenticated",
      email: user.email ?? "",
      phone: "",
      aal: "aal1",
      amr: [{ method: "password", timestamp: Math.floor(Date.now() / 1000) }],
      session_id: crypto.randomUUID(),
      is_anonymous: false,
      app_metadata: user.appMetadata ?? { provider: "email", providers: ["email"] },
      user_metadata: user.userMetadata ?? {},
    },
    sessionSeconds,
  );
}

async function sign(key: JWK, claims: JWTPayload, seconds: number): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: algorithm, kid: key.kid ?? "", typ: "JWT" })
    .setIssuedAt(now)
    .setExpirationTime(now + seconds)
    .sign(await importJWK(key, algorithm));
}

async function privateKey(): Promise<JWK> {
  const { privateKey: key } = await generateKeyPair(algorithm, { extractable: true });
  return { ...(await exportJWK(key)), kid: crypto.randomUUID(), alg: algorithm, use: "sig" };
}

function publicKey({ d: _private, ...rest }: JWK): JWK {
  return { ...rest, key_ops: ["verify"] };
}
