import { z } from "zod";
import {
  cloudEnvironment,
  googleEndpoints,
  oauthClientEnvironment,
  seconds,
  supabaseEnvironment,
} from "#contracts/environment.ts";

export const googleAuthEnvironment = z.object({
  ...supabaseEnvironment.shape,
  ...cloudEnvironment.shape,
  ...oauthClientEnvironment.shape,
  ...googleEndpoints.pick({
    GOOGLE_CALENDAR_ENDPOINT: true,
    GOOGLE_OAUTH_ENDPOINT: true,
    GOOGLE_WORKSPACE_EVENTS_ENDPOINT: true,
  }).shape,
  /** Where consultants come from and return to; `next` is a path of it. */
  APP_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** `off` does not ask for the restricted scope that reads recordings from Drive. */
  GOOGLE_DRIVE_RECORDINGS: z.enum(["on", "off"]).default("on"),
  /** The topic that Google tells about meetings. */
  MEETING_EVENTS_TOPIC: z.string().min(1).default("meeting-events"),
  OAUTH_STATE_SECONDS: seconds.default(600),
  SUBSCRIPTION_CHECK_SECONDS: seconds.default(86_400),
  SUBSCRIPTION_RETRY_SECONDS: seconds.default(600),
});
