import type { Residency } from "./residency.ts";
import type { FunctionName } from "./topology/functions.ts";

/** One installation: a Google Cloud project and a Supabase project. Nothing here is secret. */
export interface Environment {
  readonly name: string;
  readonly projectId: string;
  readonly residency: Residency;
  readonly supabaseUrl: string;
  /** Client id of the OAuth client with which consultants connect; its secret is in Secret Manager. */
  readonly oauthClientId: string;
  /** The booking platform's address, and its page where a consultant connects Google again. */
  readonly appUrl: string;
  readonly reconnectUrl: string;
  /** Without a `user` the server asks for no login. */
  readonly mail: { readonly host: string; readonly port: number; readonly user?: string; readonly from: string };
  /** `off` leaves out the restricted Drive scope, and with it the reading of recordings. */
  readonly driveRecordings: "on" | "off";
  /** Instances kept warm, paid for around the clock; none where a function is not named. */
  readonly minInstances: Partial<Record<FunctionName, number>>;
  /** Who gets the alerts. */
  readonly alertEmails: readonly string[];
  /** Minutes of audio a day from which on somebody is told; thresholds.ts has the usual number. */
  readonly speechMinutesPerDay?: number;
  /** Full name of a Cloud KMS key in the region; unset: Google's own keys encrypt what is at rest. */
  readonly kmsKey?: string;
  /** Full name of a Serverless VPC Access connector through which functions reach out. */
  readonly vpcConnector?: string;
}

const usualMail = { host: "smtp.example.com", port: 587, user: "bookings", from: "Bookings <bookings@example.com>" };

/** Examples to be replaced by your own; a `name` becomes a stack, a label and a folder of the state bucket. */
export const environments: readonly Environment[] = [
  {
    name: "dev",
    projectId: "booking-insights-dev",
    residency: "us",
    supabaseUrl: "https://dev-project.supabase.co",
    oauthClientId: "dev-client.apps.googleusercontent.com",
    appUrl: "https://dev.example.com",
    reconnectUrl: "https://dev.example.com/settings/google",
    mail: usualMail,
    alertEmails: ["operations@example.com"],
    driveRecordings: "on",
    minInstances: {},
  },
  {
    name: "staging",
    projectId: "booking-insights-staging",
    residency: "eu",
    supabaseUrl: "https://staging-project.supabase.co",
    oauthClientId: "staging-client.apps.googleusercontent.com",
    appUrl: "https://staging.example.com",
    reconnectUrl: "https://staging.example.com/settings/google",
    mail: usualMail,
    alertEmails: ["operations@example.com"],
    driveRecordings: "on",
    minInstances: {},
  },
  {
    name: "prod",
    projectId: "booking-insights-prod",
    residency: "eu",
    supabaseUrl: "https://prod-project.supabase.co",
    oauthClientId: "prod-client.apps.googleusercontent.com",
    appUrl: "https://app.example.com",
    reconnectUrl: "https://app.example.com/settings/google",
    mail: usualMail,
    alertEmails: ["operations@example.com"],
    driveRecordings: "on",
    // A person waits for this one.
    minInstances: { "google-auth": 1 },
  },
];
