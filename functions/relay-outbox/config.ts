import { z } from "zod";
import {
  callerEnvironment,
  cloudEnvironment,
  googleEndpoints,
  seconds,
  supabaseEnvironment,
  tracingEnvironment,
} from "#contracts/environment.ts";

export const relayEnvironment = z.object({
  ...supabaseEnvironment.shape,
  ...cloudEnvironment.shape,
  ...tracingEnvironment.shape,
  ...callerEnvironment.shape,
  ...googleEndpoints.pick({ GOOGLE_OAUTH_ENDPOINT: true, GOOGLE_SECRET_MANAGER_ENDPOINT: true }).shape,
  /** The topic bookings are announced on; the outbox rows name theirs, this one must be among them. */
  GOOGLE_PUBSUB_TOPIC: z.string().min(1),
  OUTBOX_CLAIM_SECONDS: seconds,
  /** `host:port` of an emulator; unset means Google. */
  PUBSUB_EMULATOR_HOST: z
    .string()
    .regex(/^[^/]+:\d+$/)
    .optional(),
});
