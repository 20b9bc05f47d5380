// The environments there are: one Google Cloud project and one Supabase project each. Nothing here is secret.
// You may edit this by hand; `npm run ops -- init` asks for the same, checks it and writes it here, and drops comments
// within the list. What each field means: infra/environment.ts. The ones below are examples to be replaced by your own.
import type { Environment } from "./environment.ts";

export const environments: readonly Environment[] = [
  {
    name: "dev",
    projectId: "booking-insights-dev",
    residency: "us",
    supabaseUrl: "https://dev-project.supabase.co",
    oauthClientId: "dev-client.apps.googleusercontent.com",
    appUrl: "https://dev.example.com",
    reconnectUrl: "https://dev.example.com/settings/google",
    mail: { host: "smtp.example.com", port: 587, user: "bookings", from: "Bookings <bookings@example.com>" },
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
    mail: { host: "smtp.example.com", port: 587, user: "bookings", from: "Bookings <bookings@example.com>" },
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
    mail: { host: "smtp.example.com", port: 587, user: "bookings", from: "Bookings <bookings@example.com>" },
    alertEmails: ["operations@example.com"],
    driveRecordings: "on",
    minInstances: { "google-auth": 1 },
  },
];
