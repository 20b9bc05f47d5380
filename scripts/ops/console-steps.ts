import { wantedScopes } from "#domain/google-scopes.ts";
import type { Environment } from "../../infra/environment.ts";
import { places } from "../../infra/residency.ts";
import { agentsToAskFor } from "../../infra/topology/service-agents.ts";

/** Something that no API offers: a page to open, what to do there, and the exact values to paste. */
export interface ConsoleStep {
  readonly title: string;
  readonly link: string;
  readonly what: string;
  readonly paste: readonly string[];
}

const NUMBER = "<PROJECT_NUMBER>";
const ref = ({ supabaseUrl }: Environment): string | null =>
  /^https:\/\/([a-z]{20})\.supabase\.co$/.exec(supabaseUrl)?.[1] ?? null;

/** Where Google sends a consultant back to; the deployment prints the same once more, as Terraform knows it. */
export const redirectUriOf = ({ residency }: Environment, projectNumber: string | null): string =>
  `https://google-auth-${projectNumber ?? NUMBER}.${places[residency].region}.run.app/callback`;

type StepOf = (environment: Environment, projectNumber: string | null) => ConsoleStep;

const billing: StepOf = ({ projectId }) => ({
  title: "Billing",
  link: `https://console.cloud.google.com/billing/linkedaccount?project=${projectId}`,
  what: "A billing account must be linked to the project.",
  paste: [],
});

const firstApis: StepOf = (environment) => {
  const { projectId } = environment;
  const agents = agentsToAskFor(environment);
  const enabled = ["cloudresourcemanager.googleapis.com", "serviceusage.googleapis.com", ...agents].join(" ");
  return {
    title: "What the first plan and the first grants ask",
    link: `https://console.cloud.google.com/apis/library/cloudresourcemanager.googleapis.com?project=${projectId}`,
    what: "Two APIs, and accounts that Google makes on first use (the console cannot); the bootstrap enables all other APIs. Type:",
    paste: [
      `gcloud services enable ${enabled} --project ${projectId}`,
      ...agents.map((service) => `gcloud beta services identity create --service ${service} --project ${projectId}`),
    ],
  };
};

const consentScreen: StepOf = ({ projectId, appUrl }) => ({
  title: "OAuth consent screen",
  link: `https://console.cloud.google.com/auth/branding?project=${projectId}`,
  what: "App name and support e-mail are yours to choose; the home page and the authorized domain are these.",
  paste: [appUrl, domainOf(appUrl)],
});

const audience: StepOf = ({ projectId }) => ({
  title: "Audience",
  link: `https://console.cloud.google.com/auth/audience?project=${projectId}`,
  what: "Internal, when all consultants are in your own Workspace: no verification is needed. Else External, and Publish app: tokens of an app in testing end after 7 days.",
  paste: [],
});

const scopes: StepOf = ({ projectId, driveRecordings }) => ({
  title: "Scopes",
  link: `https://console.cloud.google.com/auth/scopes?project=${projectId}`,
  what: "Add or remove scopes > Manually add scopes.",
  paste: wantedScopes({ recordings: driveRecordings === "on" }),
});

const client: StepOf = (environment, projectNumber) => ({
  title: "OAuth client",
  link: `https://console.cloud.google.com/auth/clients?project=${environment.projectId}`,
  what:
    `Client ${environment.oauthClientId}, type Web application: this authorized redirect URI, character by character.` +
    (projectNumber === null
      ? ` ${NUMBER} is on the project's dashboard; the deployment prints the whole address.`
      : ""),
  paste: [redirectUriOf(environment, projectNumber)],
});

const verification: StepOf = ({ projectId, driveRecordings }) => ({
  title: "Verification (External only)",
  link: `https://console.cloud.google.com/auth/verification?project=${projectId}`,
  what:
    driveRecordings === "on"
      ? "drive.meet.readonly is a restricted scope: Google verifies the app and asks for a yearly security assessment. Until then, or without it: --drive-recordings off (transcripts then come from Meet)."
      : "The scopes are sensitive, none is restricted: Google verifies the app; no security assessment.",
  paste: [],
});

const meetRecording: StepOf = () => ({
  title: "Google Workspace: recording",
  link: "https://support.google.com/a/answer/7557052",
  what: "Admin console > Apps > Google Workspace > Google Meet > Meet video settings: let people record and transcribe their meetings. Needs Business Standard or higher.",
  paste: [],
});

const trustedApp: StepOf = ({ oauthClientId }) => ({
  title: "Google Workspace: app access",
  link: "https://admin.google.com/ac/owl/list?tab=configuredApps",
  what: "Only where the Workspace restricts third-party apps: configure this client as Trusted.",
  paste: [oauthClientId],
});

const supabaseKeys: StepOf = (environment) => ({
  title: "Supabase keys",
  link: `https://supabase.com/dashboard/project/${ref(environment) ?? "_"}/settings/api-keys`,
  what: "A secret key for the functions (sb_secret_…): its value goes into Secret Manager, in the next step below.",
  paste: [],
});

const STEPS: readonly StepOf[] = [
  ...[
    billing,
    firstApis,
    consentScreen,
    audience,
    scopes,
    client,
    verification,
    meetRecording,
    trustedApp,
    supabaseKeys,
  ],
];

/** The steps in order, with the environment's own values. */
export const consoleSteps = (environment: Environment, projectNumber: string | null): readonly ConsoleStep[] =>
  STEPS.map((step) => step(environment, projectNumber));

/** As a person reads them. */
export const stepsInWords = (steps: readonly ConsoleStep[]): string[] =>
  steps.flatMap(({ title, link, what, paste }, index) => [
    `${String(index + 1).padStart(2)}. ${title}: ${link}`,
    `    ${what}`,
    ...paste.map((value) => `      ${value}`),
  ]);

/** The part of a host that is registered: what the consent screen calls an authorized domain. Good for most of them. */
const domainOf = (url: string): string => new URL(url).hostname.split(".").slice(-2).join(".");
