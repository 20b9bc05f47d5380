import { generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import type { OAuthEmulator } from "../../scripts/emulators/oauth/start-oauth-emulator.ts";

export interface IdTokenClaims {
  readonly email: string;
  readonly audience: string;
}

/** Authorization headers that a caller check must refuse, by what is wrong with them. */
export async function strangersAuthorizations(
  oauth: OAuthEmulator,
  expected: IdTokenClaims,
): Promise<readonly (readonly [string, string])[]> {
  const { email, audience } = expected;
  const { privateKey } = await generateKeyPair("RS256");
  const claims = { email, email_verified: true, aud: audience, iss: "https://accounts.google.com", sub: "1" };
  const forged = new SignJWT(claims)
    .setProtectedHeader({ alg: "RS256", kid: "1" })
    .setIssuedAt()
    .setExpirationTime("1h");
  const unsigned = new UnsecuredJWT(claims).setIssuedAt().setExpirationTime("1h").encode();
  const good = await oauth.mintIdToken(expected);
  const stranger = `stranger@${email.split("@")[1]}`;
  return [
    ["an empty header", ""],
    ["no token", "Bearer "],
    ["garbage", "Bearer garbage"],
    ["another scheme", `Basic ${good}`],
    ["another audience", `Bearer ${await oauth.mintIdToken({ email, audience: "https://elsewhere.example" })}`],
    ["another service account", `Bearer ${await oauth.mintIdToken({ email: stranger, audience })}`],
    ["a key that is not Google's", `Bearer ${await forged.sign(privateKey)}`],
    ["no signature", `Bearer ${unsigned}`],
    ["a cut signature", `Bearer ${good.slice(0, -8)}`],
    ["something behind the token", `Bearer ${good} and more`],
  ];
}
