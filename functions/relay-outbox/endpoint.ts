import type { Clock } from "#kernel/clock.ts";
import type { Outcome } from "#kernel/outcome.ts";
import type { Secret } from "#kernel/secret.ts";
import type { CallerVerifier } from "#ports/caller-verifier.ts";
import type { OutboxStore } from "#ports/outbox-store.ts";
import { guarded, type HttpFunction, refuse, traceIdOf } from "#runtime/http.ts";
import type { Logger } from "#runtime/logger.ts";
import { settle } from "#runtime/settle.ts";
import { freshPing, isSigned, type PingHeaders } from "./ping.ts";

export interface RelayCallerOptions {
  readonly callers: CallerVerifier;
  readonly store: Pick<OutboxStore, "useNonce">;
  /** Read late and cached by its owner: the sweep does not need it. */
  readonly pingKey: () => Promise<Secret>;
  readonly clock: Clock;
}

/** What the caller check needs of a request. */
export interface RelayRequest extends PingHeaders {
  readonly authorization: string | undefined;
}

/**
 * True for the scheduler's OIDC token, or for a fresh HMAC ping whose nonce nobody has shown before.
 * A stranger costs no call to Secret Manager before the shape is right and no database call before the HMAC is.
 */
export function makeRelayCallerCheck(options: RelayCallerOptions): (request: RelayRequest) => Promise<boolean> {
  return async (request) => {
    if (request.authorization !== undefined) return (await options.callers.verify(request.authorization)) !== null;
    const ping = freshPing(request, options.clock.now());
    if (ping === null || !isSigned(ping, await options.pingKey())) return false;
    return await options.store.useNonce(ping.nonce);
  };
}

export interface RelayFunctionOptions {
  readonly mayCall: (request: RelayRequest) => Promise<boolean>;
  readonly drain: () => Promise<Outcome>;
  readonly log: Logger;
}

/** The public surface: 401 and nothing else for strangers, 204 after a drain, 503 when something was left. */
export function makeRelayFunction({ mayCall, drain, log }: RelayFunctionOptions): HttpFunction {
  return guarded(log, async (request, response) => {
    const allowed = await mayCall({
      authorization: request.get("authorization"),
      timestamp: request.get("x-ping-timestamp"),
      nonce: request.get("x-ping-nonce"),
      signature: request.get("x-ping-signature"),
    });
    if (!allowed) return refuse(response, 401);
    const settlement = await settle(drain, log, { traceId: traceIdOf(request) });
    response.status(settlement.kind === "acknowledge" ? 204 : 503).end();
  });
}

/** Lets one drain run at a time per instance: pings that arrive meanwhile share one more run after it. */
export function coalesced(run: () => Promise<Outcome>): () => Promise<Outcome> {
  let current: Promise<Outcome> | null = null;
  let next: Promise<Outcome> | null = null;
  const start = (): Promise<Outcome> => {
    const started = run().finally(() => {
      current = null;
    });
    current = started;
    return started;
  };
  return () => {
    if (current === null) return start();
    next ??= current.then(noop, noop).then(() => {
      next = null;
      return current ?? start();
    });
    return next;
  };
}

const noop = (): void => undefined;
