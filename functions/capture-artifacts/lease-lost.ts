/** Somebody else goes on with the recording, or it is not wanted any more: write nothing, ask for nothing. */
export class LeaseLostError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "LeaseLostError";
  }
}

/** Why a renewal was refused, in words for the log. */
export const LOST = {
  lost: "another delivery has taken the recording over, or its booking is gone",
  unwanted: "the booking was cancelled meanwhile",
} as const;

/** Throws unless a write under the lease was accepted. */
export function assertHeld<Answer>(written: Answer | false | null): asserts written is Answer {
  if (written === false || written === null) throw new LeaseLostError(LOST.lost);
}
