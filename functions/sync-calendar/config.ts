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

export const syncCalendarEnvironment = z.object({
  ...supabaseEnvironment.shape,
  ...cloudEnvironment.shape,
  ...tracingEnvironment.shape,
  ...callerEnvironment.shape,
  ...oauthClientEnvironment.shape,
  ...googleEndpoints.pick({ GOOGLE_CALENDAR_ENDPOINT: true, GOOGLE_OAUTH_ENDPOINT: true }).shape,
  LEASE_SECONDS: seconds,
  /** A calendar of which Google tells nothing is read after this long all the same. */
  CALENDAR_CHECK_SECONDS: seconds.default(900),
  CALENDAR_RETRY_SECONDS: seconds.default(60),
});
