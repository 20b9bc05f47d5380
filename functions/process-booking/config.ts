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

export const processBookingEnvironment = z.object({
  ...supabaseEnvironment.shape,
  ...cloudEnvironment.shape,
  ...tracingEnvironment.shape,
  ...callerEnvironment.shape,
  ...oauthClientEnvironment.shape,
  ...googleEndpoints.pick({
    GOOGLE_CALENDAR_ENDPOINT: true,
    GOOGLE_MEET_ENDPOINT: true,
    GOOGLE_OAUTH_ENDPOINT: true,
  }).shape,
  LEASE_SECONDS: seconds,
  CONFERENCE_POLL_SECONDS: seconds,
});
