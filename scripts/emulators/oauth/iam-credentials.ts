import { z } from "zod";
import { GoogleError } from "../rest/errors.ts";
import type { Call, Operation } from "../rest/operation.ts";
import { ok, withBody } from "../rest/operation.ts";
import { uniqueIdOf } from "./id-token.ts";
import type { OAuthState } from "./oauth-state.ts";

const DEFAULT_LIFETIME_SECONDS = 3_600;
const MAX_LIFETIME_SECONDS = 43_200;

const idTokenRequest = z.strictObject({
  audience: z.string().min(1),
  includeEmail: z.boolean().default(false),
  delegates: z.array(z.string()).optional(),
  organizationNumberIncluded: z.boolean().optional(),
  useEmailAzp: z.boolean().optional(),
});
const accessTokenRequest = z.strictObject({
  scope: z.array(z.string()).min(1),
  lifetime: z
    .string()
    .regex(/^\d+s$/)
    .default(`${DEFAULT_LIFETIME_SECONDS}s`),
  delegates: z.array(z.string()).optional(),
});

const common = { method: "POST", query: [], serviceAccounts: true } as const;
const base = "/v1/projects/-/serviceAccounts/:email";

/** iamcredentials.googleapis.com: tokens of a service account for whoever may impersonate it. */
export const iamCredentialsOperations: readonly Operation<OAuthState>[] = [
  {
    ...common,
    name: "iamcredentials.generateIdToken",
    path: `${base}\\:generateIdToken`,
    ...withBody<OAuthState, typeof idTokenRequest>(idTokenRequest, async (body, call, state) => {
      const email = requireImpersonation(call, state);
      return ok({ token: await serviceAccountIdToken(state, { email, ...body }) });
    }),
  },
  {
    ...common,
    name: "iamcredentials.generateAccessToken",
    path: `${base}\\:generateAccessToken`,
    ...withBody<OAuthState, typeof accessTokenRequest>(accessTokenRequest, (body, call, state) => {
      const email = requireImpersonation(call, state);
      const seconds = Number(body.lifetime.slice(0, -1));
      if (seconds < 1 || seconds > MAX_LIFETIME_SECONDS) {
        throw new GoogleError(400, "badRequest", "The access token lifetime exceeds the limit.", "INVALID_ARGUMENT");
      }
      const accessToken = state.grants.issueAccessToken({ kind: "service_account", email }, seconds);
      const expireTime = new Date(state.clock.now().getTime() + seconds * 1_000).toISOString();
      return ok({ accessToken, expireTime });
    }),
  },
];

/** An ID token as Google signs it for a service account; push and scheduler requests carry one. */
export function serviceAccountIdToken(
  { signer }: OAuthState,
  claims: { readonly email: string; readonly audience: string; readonly includeEmail?: boolean },
): Promise<string> {
  const sub = uniqueIdOf(claims.email);
  const identity = claims.includeEmail === false ? {} : { email: claims.email, email_verified: true };
  return signer.sign({ aud: claims.audience, azp: sub, sub, ...identity });
}

function requireImpersonation(call: Call, { mayImpersonate }: OAuthState): string {
  const target = call.params["email"] ?? "";
  const caller = call.principal?.email ?? "";
  if (caller === target || mayImpersonate(caller, target)) return target;
  const message = "Permission 'iam.serviceAccounts.getOpenIdToken' denied on resource (or it may not exist).";
  throw new GoogleError(403, "IAM_PERMISSION_DENIED", message, "PERMISSION_DENIED");
}
