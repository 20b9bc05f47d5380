import { PermanentError } from "#kernel/verdicts.ts";
import type { ConsultantTokenStore } from "#ports/consultant-token-store.ts";
import type { GoogleConnectionStore } from "#ports/google-connection-store.ts";
import type { GoogleOauth } from "#ports/google-oauth.ts";
import type { Duty } from "./duty.ts";
import { eachInTurn } from "./each-in-turn.ts";

export interface FinishDisconnectsDeps {
  readonly connections: GoogleConnectionStore;
  readonly tokens: ConsultantTokenStore;
  readonly oauth: GoogleOauth;
  /** Younger ones are still in the hands of google-auth. */
  readonly olderThanSeconds: number;
}

/** Revokes and deletes tokens whose consultant has disconnected while Google could not be told, or in a crash. */
export function makeFinishDisconnects({ connections, tokens, oauth, olderThanSeconds }: FinishDisconnectsDeps): Duty {
  return {
    name: "finish_disconnects",
    run: async () => eachInTurn(await connections.unfinishedDisconnects(olderThanSeconds), finish),
  };

  async function finish({ userId, tokenVersion }: { userId: string; tokenVersion: number }): Promise<number> {
    const token = await tokens.read(userId);
    // Connected again meanwhile: revoking now would end the new grant too.
    if (token.kind === "usable" || token.tokenVersion !== tokenVersion) return 0;
    if (token.refreshToken !== null) await revoke(oauth, token.refreshToken);
    await connections.finishDisconnect(userId, tokenVersion);
    return 1;
  }
}

/** A refusal for good leaves nothing to wait for. */
async function revoke(oauth: GoogleOauth, token: Parameters<GoogleOauth["revoke"]>[0]): Promise<void> {
  try {
    await oauth.revoke(token);
  } catch (thrown) {
    if (!(thrown instanceof PermanentError)) throw thrown;
  }
}
