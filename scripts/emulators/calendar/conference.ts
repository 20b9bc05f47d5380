import type { Space } from "../meet/meet-state.ts";

/** How conferences of later inserts come about; ready at once by default. */
export interface ConferencePlan {
  /** Answers that still say `pending`, the insert's included. */
  readonly pendingReads: number;
  readonly fail: boolean;
}

export interface Conference extends ConferencePlan {
  readonly requestId: string;
  readonly spaceName: string;
  readonly meetingCode: string;
  readonly meetingUri: string;
  readonly statusCode: "pending" | "success" | "failure";
}

/** The conference that a request asked for, in its room. */
export function plannedConference(requestId: string, space: Space, plan: ConferencePlan): Conference {
  const { name: spaceName, meetingCode, meetingUri } = space;
  const statusCode = plan.pendingReads > 0 ? "pending" : settledCode(plan);
  return { requestId, spaceName, meetingCode, meetingUri, statusCode, ...plan };
}

/** The conference as the next answer shows it; the same object unless it was pending. */
export function nextLook(conference: Conference): Conference {
  if (conference.statusCode !== "pending") return conference;
  if (conference.pendingReads > 0) return { ...conference, pendingReads: conference.pendingReads - 1 };
  return { ...conference, statusCode: settledCode(conference) };
}

const settledCode = ({ fail }: ConferencePlan) => (fail ? "failure" : "success");
