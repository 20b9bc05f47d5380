import type { Clock } from "#kernel/clock.ts";
import type { Outcome } from "#kernel/outcome.ts";
import type { Secret } from "#kernel/secret.ts";
import type { CallerVerifier } from "#ports/caller-verifier.ts";
import type { OutboxStore } from "#ports/outbox-store.ts";
import { freshPing, isSigned } from "./ping.ts";

export interface RelayCallerOptions {
  readonly callers: CallerVerifier;
  readonly store: Pick<OutboxStore, "useNonce">;
  /** Read late and cached by its owner: the sweep does not need it. */
  readonly pingKey: () => Promise<Secret>;
  readonly clock: Clock;
}

/** Who makes the relay run. */
export type RelayCaller = "scheduler" | "database";

/**
 * Known by the scheduler's OIDC token, or by a fresh HMAC ping whose nonce nobody has shown before.
 * A stranger costs no call to Secret Manager before the shape is right and no database call before the HMAC is.
 */
export function makeRelayCallerCheck(
  options: RelayCallerOptions,
): (header: (name: string) => string | undefined) => Promise<RelayCaller | null> {
  return async (header) => {
    const authorization = header("authorization");
    if (authorization !== undefined) return (await options.callers.verify(authorization)) && "scheduler";
    const headers = {
      timestamp: header("x-ping-timestamp"),
      nonce: header("x-ping-nonce"),
      signature: header("x-ping-signature"),
    };
    const ping = freshPing(headers, options.clock.now());
    if (ping === null || !isSigned(ping, await options.pingKey())) return null;
    return (await options.store.useNonce(ping.nonce)) ? "database" : null;
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
      return current ?? start();
    });
    return next;
  };
}

const noop = (): void => undefined;
