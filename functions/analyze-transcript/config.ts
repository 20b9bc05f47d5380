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

export const analyzeTranscriptEnvironment = z.object({
  ...supabaseEnvironment.shape,
  ...cloudEnvironment.shape,
  ...tracingEnvironment.shape,
  ...callerEnvironment.shape,
  ...oauthClientEnvironment.shape,
  ...googleEndpoints.pick({
    GOOGLE_LANGUAGE_ENDPOINT: true,
    GOOGLE_MEET_ENDPOINT: true,
    GOOGLE_OAUTH_ENDPOINT: true,
    GOOGLE_STORAGE_ENDPOINT: true,
  }).shape,
  LEASE_SECONDS: seconds,
});
