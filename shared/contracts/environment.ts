import { z } from "zod";
import { Secret } from "#kernel/secret.ts";

/** Where an operator finds every name below explained. */
export const ENVIRONMENT_GUIDE = ".env.example";

export const secretValue = z
  .string()
  .min(1)
  .transform((value) => new Secret(value));

/** Seconds, fractions allowed: the laptop scales the topology's periods down. */
export const seconds = z.coerce.number().positive();

const endpoint = z.url().optional();

/** Common to every function: the Supabase project. */
export const supabaseEnvironment = z.object({
  SUPABASE_URL: z.url(),
  SUPABASE_SECRET_KEY: secretValue,
});

/** Common to every function: the Google Cloud project and who may call it. */
export const cloudEnvironment = z.object({
  GOOGLE_CLOUD_PROJECT_ID: z.string().min(1),
  GOOGLE_CLOUD_REGION: z.string().min(1),
  DATA_RESIDENCY: z.enum(["us", "eu"]).default("us"),
});

/** Where spans are sent; unset: nowhere. */
export const tracingEnvironment = z.object({
  /** The whole address of an OTLP trace receiver, `/v1/traces` included. */
  TRACES_ENDPOINT: endpoint,
  /** Share of bookings whose spans are kept. */
  TRACES_SAMPLED: z.coerce.number().min(0).max(1).default(1),
});

export type TracingConfig = z.infer<typeof tracingEnvironment> &
  Pick<z.infer<typeof cloudEnvironment>, "GOOGLE_CLOUD_PROJECT_ID" | "GOOGLE_CLOUD_REGION">;

/** OIDC: the audience a caller's token must name, and the service accounts that may call. */
export const callerEnvironment = z.object({
  OIDC_AUDIENCE: z.string().min(1),
  OIDC_CALLERS: z
    .string()
    .min(1)
    .transform((list) => list.split(",").map((email) => email.trim())),
});

/** The OAuth client with which consultants connect. */
export const oauthClientEnvironment = z.object({
  GOOGLE_CLIENT_ID: z.string().min(1),
  GOOGLE_CLIENT_SECRET: secretValue,
  GOOGLE_REDIRECT_URI: z.url(),
});

/** Points clients at emulators; an unset variable means Google's own address. */
export const googleEndpoints = z.object({
  GOOGLE_CALENDAR_ENDPOINT: endpoint,
  GOOGLE_DRIVE_ENDPOINT: endpoint,
  GOOGLE_LANGUAGE_ENDPOINT: endpoint,
  GOOGLE_MEET_ENDPOINT: endpoint,
  GOOGLE_OAUTH_ENDPOINT: endpoint,
  GOOGLE_SECRET_MANAGER_ENDPOINT: endpoint,
  GOOGLE_SPEECH_ENDPOINT: endpoint,
  GOOGLE_STORAGE_ENDPOINT: endpoint,
  GOOGLE_WORKSPACE_EVENTS_ENDPOINT: endpoint,
});
export type GoogleEndpoints = z.infer<typeof googleEndpoints>;
