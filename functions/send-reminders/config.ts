import { z } from "zod";
import {
  callerEnvironment,
  cloudEnvironment,
  googleEndpoints,
  seconds,
  secretValue,
  supabaseEnvironment,
  tracingEnvironment,
} from "#contracts/environment.ts";

export const sendRemindersEnvironment = z.object({
  ...supabaseEnvironment.shape,
  ...cloudEnvironment.shape,
  ...tracingEnvironment.shape,
  ...callerEnvironment.shape,
  ...googleEndpoints.pick({ GOOGLE_OAUTH_ENDPOINT: true }).shape,
  SMTP_HOST: z.string().min(1),
  SMTP_PORT: z.coerce.number().int().min(1).max(65_535),
  SMTP_USER: z.string().optional(),
  SMTP_PASSWORD: secretValue.optional(),
  /** `Name <address>` or a bare address. */
  MAIL_FROM: z.string().regex(/^[^\r\n]*@[^\r\n]+$/),
  /** The page of the platform where a consultant connects Google. */
  RECONNECT_URL: z.url({ protocol: /^https?$/ }).optional(),
  MAIL_CLAIM_SECONDS: seconds.default(120),
  MAIL_RETRY_SECONDS: seconds.default(60),
});
