import { missingPermissions } from "#domain/google-scopes.ts";
import { asError } from "#kernel/verdicts.ts";
import type { GoogleConnectionStore } from "#ports/google-connection-store.ts";
import type { GoogleGrant, GoogleOauth } from "#ports/google-oauth.ts";
import type { MeetingEventSubscriptionStore } from "#ports/meeting-event-subscription-store.ts";
import type { MeetingEventSubscriptions } from "#ports/meeting-event-subscriptions.ts";
import type { OauthStateStore } from "#ports/oauth-state-store.ts";
import { isToken, sha256Hex } from "./single-use.ts";

export interface CallbackDeps {
  readonly oauth: GoogleOauth;
  readonly states: OauthStateStore;
  readonly connections: GoogleConnectionStore;
  readonly subscriptions: MeetingEventSubscriptions;
  readonly subscriptionStore: MeetingEventSubscriptionStore;
  readonly subscriptionCheckSeconds: number;
  readonly subscriptionRetrySeconds: number;
}

export interface CallbackRequest {
  /** As they stand in the address; a parameter that comes twice is in `query` twice. */
  readonly query: URLSearchParams;
  readonly cookie: string | undefined;
}

export type CallbackResult =
  | {
      readonly kind: "connected";
      readonly userId: string;
      readonly email: string;
      readonly nextPath: string | null;
      /** Null when Google will tell us about meetings; else keep-watch goes on trying. */
      readonly subscriptionProblem: string | null;
    }
  /** The consultant said no. */
  | { readonly kind: "denied" }
  | { readonly kind: "permissions_missing"; readonly permissions: readonly string[] }
  | { readonly kind: "refresh_token_missing" }
  /** Google did not accept the code, or did not vouch for an account. */
  | { readonly kind: "code_refused" }
  /** Not the answer to a flow that this browser began: nothing was done. */
  | { readonly kind: "unknown_flow" };

const MAX_CODE_LENGTH = 2_048;

/** Ends a flow. The state is spent first, and only its own browser can spend it; then the code is exchanged. */
export function makeCallback(deps: CallbackDeps): (request: CallbackRequest) => Promise<CallbackResult> {
  return async ({ query, cookie }) => {
    const answer = readAnswer(query);
    if (answer === null || !isToken(cookie)) return { kind: "unknown_flow" };
    const flow = await deps.states.use(sha256Hex(answer.state), sha256Hex(cookie));
    if (flow === null) return { kind: "unknown_flow" };
    if (answer.code === null) return { kind: answer.error === "access_denied" ? "denied" : "code_refused" };
    const grant = await deps.oauth.exchange(answer.code, flow.codeVerifier);
    if (grant === null) return { kind: "code_refused" };
    const permissions = missingPermissions(grant.scopes);
    if (permissions.length > 0) return { kind: "permissions_missing", permissions };
    const connected = await deps.connections.connect(flow.userId, grant);
    if (connected.kind === "refresh_token_missing") return connected;
    const subscriptionProblem = await subscribe(deps, { userId: flow.userId, googleSub: grant.sub });
    return { kind: "connected", userId: flow.userId, email: grant.email, nextPath: flow.nextPath, subscriptionProblem };
  };
}

/** Google's answer: either a code or an error, each parameter once; null for everything else. */
function readAnswer(query: URLSearchParams): { state: string; code: string | null; error: string | null } | null {
  const [states, codes, errors] = ["state", "code", "error"].map((name) => query.getAll(name));
  const [state] = states ?? [];
  const [code = null] = codes ?? [];
  const [error = null] = errors ?? [];
  if (states?.length !== 1 || !isToken(state) || (codes?.length ?? 0) + (errors?.length ?? 0) !== 1) return null;
  return code !== null && (code === "" || code.length > MAX_CODE_LENGTH) ? null : { state, code, error };
}

/** A failure here does not undo the connection: keep-watch tries again. */
async function subscribe(
  deps: CallbackDeps,
  owner: { readonly userId: string; readonly googleSub: GoogleGrant["sub"] },
): Promise<string | null> {
  try {
    const subscription = await deps.subscriptions.ensure(owner.userId, owner.googleSub);
    await deps.subscriptionStore.save(owner, subscription, deps.subscriptionCheckSeconds);
    return null;
  } catch (thrown) {
    const problem = asError(thrown).message;
    await deps.subscriptionStore.noteProblem(owner, problem, deps.subscriptionRetrySeconds);
    return problem;
  }
}
