import type { MeetingEvidence } from "./attribute-speakers.ts";

/** Who was in a meeting and what Meet noted that they said, on the recording's clock. */
export interface MeetingPeople extends MeetingEvidence {
  /** Participant -> display name. */
  readonly names: ReadonlyMap<string, string>;
  /** Why nothing is known, as a sentence; null when Meet was asked and answered. */
  readonly reason: string | null;
}

export const NOBODY: MeetingPeople = { entries: [], presences: [], names: new Map(), reason: null };
