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

export const captureEnvironment = z.object({
  ...supabaseEnvironment.shape,
  ...cloudEnvironment.shape,
  ...tracingEnvironment.shape,
  ...callerEnvironment.shape,
  ...oauthClientEnvironment.shape,
  ...googleEndpoints.pick({
    GOOGLE_DRIVE_ENDPOINT: true,
    GOOGLE_MEET_ENDPOINT: true,
    GOOGLE_OAUTH_ENDPOINT: true,
    GOOGLE_SPEECH_ENDPOINT: true,
    GOOGLE_STORAGE_ENDPOINT: true,
  }).shape,
  LEASE_SECONDS: seconds,
  /** A download that brings nothing for this long is broken off and continued. */
  DOWNLOAD_IDLE_SECONDS: seconds.default(30),
});
