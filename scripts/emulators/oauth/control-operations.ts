import { z } from "zod";
import { notFound } from "../rest/errors.ts";
import type { Operation } from "../rest/operation.ts";
import { ok, withBody } from "../rest/operation.ts";
import type { Account } from "./account-directory.ts";
import { editions } from "./account-directory.ts";
import type { OAuthState } from "./oauth-state.ts";

const control = { query: [], anonymous: true } as const;
const newAccount = z.strictObject({
  email: z.email(),
  name: z.string(),
  sub: z.string().regex(/^\d+$/).optional(),
  edition: z.enum(editions).optional(),
});
const clientChange = z.strictObject({
  clientSecret: z.string().min(1).optional(),
  redirectUris: z.array(z.string()).optional(),
});
const named = z.strictObject({ email: z.string() });

/** What a person does in their Google account, and who there is. */
export const controlOperations: readonly Operation<OAuthState>[] = [
  {
    ...control,
    name: "control.createAccount",
    method: "POST",
    path: "/emulator/accounts",
    ...withBody<OAuthState, typeof newAccount>(newAccount, ({ sub, edition, ...account }, _call, { accounts }) =>
      ok(accounts.create({ ...account, ...(sub ? { sub } : {}), ...(edition ? { edition } : {}) })),
    ),
  },
  {
    ...control,
    name: "control.accounts",
    method: "GET",
    path: "/emulator/accounts",
    run: (_call, state) => ok({ accounts: state.accounts.list().map((account) => accountView(account, state)) }),
  },
  {
    ...control,
    name: "control.changeClient",
    method: "PATCH",
    path: "/emulator/clients/:client",
    ...withBody<OAuthState, typeof clientChange>(clientChange, (change, { params }, { clients }) => {
      const client = clients.get(params["client"] ?? "");
      if (client === undefined) throw notFound(`No client ${params["client"]}`);
      clients.set(client.clientId, Object.assign({ ...client }, change));
      return ok({});
    }),
  },
  forAccount("/emulator/accounts/default", ({ email }, { accounts }) => accounts.setDefault(email)),
  forAccount("/emulator/accounts/revoke", ({ sub }, { grants }) => grants.revokeUser(sub)),
  forAccount("/emulator/accounts/expire-access-tokens", ({ sub }, { grants }) => grants.expireAccessTokens(sub)),
];

function forAccount(path: string, run: (account: Account, state: OAuthState) => void): Operation<OAuthState> {
  return {
    ...control,
    name: `control ${path}`,
    method: "POST",
    path,
    ...withBody<OAuthState, typeof named>(named, ({ email }, _call, state) => {
      const account = state.accounts.byEmail(email);
      if (account === null) throw notFound(`No account ${email}`);
      run(account, state);
      return ok({});
    }),
  };
}

function accountView(account: Account, { grants }: OAuthState): unknown {
  const granted = grants.consents(account.sub).map(({ clientId, scopes }) => {
    const refreshTokens = grants.refreshTokensOf({ sub: account.sub, clientId }).length;
    return { clientId, scopes, refreshTokens };
  });
  return { ...account, grants: granted };
}
