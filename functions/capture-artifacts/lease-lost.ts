import type { CaptureLease, CaptureStore } from "#ports/capture-store.ts";

/** Somebody else goes on with the recording, or it is not wanted any more: write nothing, ask for nothing. */
export class LeaseLostError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "LeaseLostError";
  }
}

/** Why a renewal was refused, in words for the log. */
const LOST = {
  lost: "another delivery has taken the recording over, or its booking is gone",
  unwanted: "the booking was cancelled meanwhile",
} as const;

/** Throws unless a write under the lease was accepted. */
export function assertHeld<Answer>(written: Answer | false | null): asserts written is Answer {
  if (written === false || written === null) throw new LeaseLostError(LOST.lost);
}

/** Renews the lease; throws when it is lost or the booking was cancelled. */
export async function keepLease(
  { store, leaseSeconds }: { readonly store: Pick<CaptureStore, "renew">; readonly leaseSeconds: number },
  lease: CaptureLease,
): Promise<void> {
  const renewal = await store.renew(lease, leaseSeconds);
  if (renewal !== "held") throw new LeaseLostError(LOST[renewal]);
}
