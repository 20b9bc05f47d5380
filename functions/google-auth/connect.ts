import type { GoogleOauth } from "#ports/google-oauth.ts";
import type { OauthStateStore } from "#ports/oauth-state-store.ts";
import { codeChallengeOf, isToken, randomToken, sha256Hex } from "./single-use.ts";

export interface ConnectDeps {
  readonly oauth: GoogleOauth;
  readonly states: OauthStateStore;
  readonly stateLifetimeSeconds: number;
}

export interface ConnectRequest {
  readonly userId: string;
  readonly nextPath: string | null;
  /** The browser's cookie, when it has one. */
  readonly cookie: string | undefined;
}

/** Begins a flow: what the browser must keep, and where it goes. Two tabs share the cookie and each have a state. */
export function makeConnect({ oauth, states, stateLifetimeSeconds }: ConnectDeps) {
  return async ({ userId, nextPath, cookie: kept }: ConnectRequest) => {
    const state = randomToken();
    const codeVerifier = randomToken();
    const cookie = isToken(kept) ? kept : randomToken();
    await states.create(
      userId,
      { stateSha256: sha256Hex(state), cookieSha256: sha256Hex(cookie), codeVerifier, nextPath },
      stateLifetimeSeconds,
    );
    return { cookie, url: oauth.consentUrl({ state, codeChallenge: codeChallengeOf(codeVerifier) }) };
  };
}
