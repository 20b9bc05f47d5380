import type { Emulator, EmulatorClock, TokenAuthority } from "../rest/emulator.ts";
import type { RestServer } from "../rest/server.ts";
import { startRestServer } from "../rest/server.ts";
import type { Account, NewAccount } from "./account-directory.ts";
import { AccountDirectory } from "./account-directory.ts";
import type { OAuthClient } from "./authorization-request.ts";
import { controlOperations } from "./control-operations.ts";
import { ACCESS_TOKEN_SECONDS, GrantStore, principalOf } from "./grant-store.ts";
import { serviceAccountIdToken } from "./iam-credentials.ts";
import { createIdTokenSigner } from "./id-token.ts";
import type { OAuthState } from "./oauth-state.ts";
import { operations } from "./operations.ts";

export interface OAuthEmulatorOptions {
  readonly port?: number;
  readonly clock: EmulatorClock;
  readonly clients: readonly OAuthClient[];
  /** Whether a service account may make tokens for another (role Token Creator); default never. */
  readonly mayImpersonate?: (caller: string, target: string) => boolean;
}

/** Tokens for service accounts, for the metadata servers. */
export interface ServiceAccountTokens {
  /** An access token and its lifetime. */
  accessToken(serviceAccount: string): { readonly token: string; readonly expiresInSeconds: number };
  /** An ID token that names the service account's e-mail. */
  mintIdToken(claims: { readonly email: string; readonly audience: string }): Promise<string>;
}

export interface OAuthEmulator
  extends Emulator,
    TokenAuthority,
    ServiceAccountTokens,
    Pick<RestServer, "faults" | "calls"> {
  createAccount(account: NewAccount): Account;
  accounts(): readonly Account[];
  /** Answers consent pages without a login hint. */
  setDefaultAccount(email: string): void;
  /** As the person does it in their Google account: everything given to the project ends. */
  revokeAccess(email: string): void;
  /** Access tokens die, refresh tokens live. */
  expireAccessTokens(email: string): void;
  /** An access token of a user without the consent dance, for tests of other emulators. */
  userAccessToken(email: string, scopes: readonly string[]): string;
}

/** accounts.google.com, oauth2.googleapis.com and iamcredentials.googleapis.com on one port. */
export async function startOAuthEmulator(options: OAuthEmulatorOptions): Promise<OAuthEmulator> {
  const { clock } = options;
  const state: OAuthState = {
    clock,
    clients: new Map(options.clients.map((client) => [client.clientId, client])),
    accounts: new AccountDirectory(),
    grants: new GrantStore(() => clock.now()),
    signer: await createIdTokenSigner(() => clock.now()),
    waiting: new Map(),
    mayImpersonate: options.mayImpersonate ?? (() => false),
  };
  const authority = tokenAuthority(state);
  const server = await startRestServer<OAuthState>({
    name: "Google OAuth",
    port: options.port ?? 0,
    operations,
    control: controlOperations,
    state,
    authority,
    clock,
    errorShape: "rpc",
    onReset: () => clear(state),
  });
  return { ...server, ...authority, ...serviceAccountTokens(state), ...accountControl(state) };
}

function tokenAuthority({ grants, accounts }: OAuthState): TokenAuthority {
  return {
    principalOf(accessToken) {
      const token = grants.accessToken(accessToken);
      return token === null ? null : principalOf(token.holder, (sub) => accounts.bySub(sub)?.email ?? null);
    },
  };
}

function serviceAccountTokens(state: OAuthState): ServiceAccountTokens {
  return {
    accessToken: (email) => ({
      token: state.grants.issueAccessToken({ kind: "service_account", email }),
      expiresInSeconds: ACCESS_TOKEN_SECONDS,
    }),
    mintIdToken: (claims) => serviceAccountIdToken(state, claims),
  };
}

function accountControl({ accounts, grants }: OAuthState) {
  const subOf = (email: string): string => {
    const account = accounts.byEmail(email);
    if (account === null) throw new Error(`no account ${email}`);
    return account.sub;
  };
  return {
    createAccount: (account: NewAccount) => accounts.create(account),
    accounts: () => accounts.list(),
    setDefaultAccount: (email: string) => accounts.setDefault(email),
    revokeAccess: (email: string) => grants.revokeUser(subOf(email)),
    expireAccessTokens: (email: string) => grants.expireAccessTokens(subOf(email)),
    userAccessToken: (email: string, scopes: readonly string[]) =>
      grants.issueAccessToken({ kind: "user", grant: { sub: subOf(email), clientId: "test", scopes } }),
  };
}

function clear({ accounts, grants, waiting }: OAuthState): void {
  accounts.clear();
  grants.clear();
  waiting.clear();
}
