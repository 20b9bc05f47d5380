import type { Clock } from "#kernel/clock.ts";
import type { Outcome } from "#kernel/outcome.ts";
import type { Secret } from "#kernel/secret.ts";
import type { CallerVerifier } from "#ports/caller-verifier.ts";
import type { OutboxStore } from "#ports/outbox-store.ts";
import { verifiedNonce } from "./ping.ts";

export interface RelayCallerOptions {
  readonly callers: CallerVerifier;
  readonly store: Pick<OutboxStore, "useNonce">;
  /** Read late and cached by its owner: the sweep does not need it. */
  readonly pingKey: () => Promise<Secret>;
  readonly clock: Clock;
}

/** What the caller check needs of a request. */
export interface RelayRequest {
  readonly authorization: string | undefined;
  readonly timestamp: string | undefined;
  readonly nonce: string | undefined;
  readonly signature: string | undefined;
}

/** True for the scheduler's OIDC token, or for a fresh HMAC ping whose nonce nobody has shown before. */
export function makeRelayCallerCheck(options: RelayCallerOptions): (request: RelayRequest) => Promise<boolean> {
  return async (request) => {
    if (request.authorization !== undefined) return (await options.callers.verify(request.authorization)) !== null;
    if (request.signature === undefined) return false;
    const nonce = verifiedNonce(request, await options.pingKey(), options.clock.now());
    return nonce !== null && (await options.store.useNonce(nonce));
  };
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
      return start();
    });
    return next;
  };
}

const noop = (): void => undefined;
