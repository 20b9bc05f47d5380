import { z } from "zod";
import {
  callerEnvironment,
  cloudEnvironment,
  googleEndpoints,
  oauthClientEnvironment,
  seconds,
  supabaseEnvironment,
  tracingEnvironment,
} from "#contracts/environment.ts";

export const keepWatchEnvironment = z.object({
  ...supabaseEnvironment.shape,
  ...cloudEnvironment.shape,
  ...tracingEnvironment.shape,
  ...callerEnvironment.shape,
  ...oauthClientEnvironment.shape,
  ...googleEndpoints.shape,
  /** The topic that Google tells about meetings. */
  MEETING_EVENTS_TOPIC: z.string().min(1).default("meeting-events"),
  OVERDUE_SECONDS: seconds.default(600),
  /** Recordings that Meet never told of are looked for this long after a meeting's end. */
  RECORDING_SEARCH_SECONDS: seconds.default(86_400),
  /** A paid transcription may take this long. */
  TRANSCRIPTION_SECONDS: seconds.default(86_400),
  SUBSCRIPTION_CLAIM_SECONDS: seconds.default(300),
  SUBSCRIPTION_CHECK_SECONDS: seconds.default(86_400),
  SUBSCRIPTION_RETRY_SECONDS: seconds.default(600),
  DISCONNECT_GRACE_SECONDS: seconds.default(120),
  /** Where Google tells of changes in calendars: the address of sync-calendar. */
  SYNC_CALENDAR_URL: z.url(),
  CALENDAR_RETRY_SECONDS: seconds.default(60),
  CHANNEL_LIFETIME_SECONDS: seconds.default(604_800),
  CHANNEL_OVERLAP_SECONDS: seconds.default(86_400),
});
export type KeepWatchConfig = z.infer<typeof keepWatchEnvironment>;
