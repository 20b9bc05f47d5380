import type { EmulatorClock } from "../rest/emulator.ts";
import type { AccountDirectory } from "./account-directory.ts";
import type { AuthorizationRequest, OAuthClient } from "./authorization-request.ts";
import type { GrantStore } from "./grant-store.ts";
import type { IdTokenSigner } from "./id-token.ts";

/** Everything the endpoints share. */
export interface OAuthState {
  readonly clock: EmulatorClock;
  readonly clients: Map<string, OAuthClient>;
  readonly accounts: AccountDirectory;
  readonly grants: GrantStore;
  readonly signer: IdTokenSigner;
  /** Requests whose consent page is open, by the id in their form. */
  readonly waiting: Map<string, AuthorizationRequest>;
  /** Whether a service account may make tokens for another; itself it always may. */
  readonly mayImpersonate: (caller: string, target: string) => boolean;
}
