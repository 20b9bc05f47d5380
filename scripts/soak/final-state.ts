import { createHash } from "node:crypto";
import type { BookingPlatform, BookingRow } from "../local/booking-platform.ts";
import type { LocalStack } from "../local/start-stack.ts";

/** What must be the same however often, late or out of order things happened. */
export interface FinalState {
  /** Digest of the row without ids and times that differ from run to run. */
  readonly rowDigest: string;
  readonly status: string | null;
  readonly liveEvents: number;
  readonly recordings: number;
  readonly audioObjects: number;
  readonly paidTranscriptions: number;
  readonly confirmations: number;
}

/** The columns whose values do not depend on when and where a run happened. */
const STABLE_COLUMNS = ["title", "status", "customer_name", "meeting_transcript", "pipeline_status", "pipeline_reason"];

/** Looks at every place where a booking may have left something. */
export async function finalStateOf(stack: LocalStack, platform: BookingPlatform, row: BookingRow): Promise<FinalState> {
  const recordings = await platform.rows<{ id: string }>("select id from public.recordings where booking_id = $1", [
    row.id,
  ]);
  const audio = recordings.flatMap(({ id }) => stack.google.objectNames(`audio/${id}`));
  const stable = Object.fromEntries(STABLE_COLUMNS.map((column) => [column, row[column]]));
  return {
    rowDigest: createHash("sha256")
      .update(JSON.stringify([stable, row.ai_insights]))
      .digest("hex"),
    status: row.pipeline_status,
    liveEvents: stack.google.liveEventsOf(row.id),
    recordings: recordings.length,
    audioObjects: audio.length,
    paidTranscriptions: audio.reduce((sum, name) => sum + stack.google.transcriptionsOf(name), 0),
    confirmations: stack.google.mailsTo(String(row["customer_email"])),
  };
}

/** What one undisturbed booking leaves. */
export const ONE_OF_EACH = {
  status: "analyzed",
  liveEvents: 1,
  recordings: 1,
  audioObjects: 1,
  paidTranscriptions: 1,
  confirmations: 1,
} as const;
