import { type Api, functions } from "./functions.ts";

/** What running functions, topics, schedules and buckets needs, whatever the functions call. */
const FOUNDATION = [
  "artifactregistry.googleapis.com",
  "cloudbuild.googleapis.com",
  "cloudfunctions.googleapis.com",
  "cloudresourcemanager.googleapis.com",
  "cloudscheduler.googleapis.com",
  // Where spans end: the Telemetry API discards them while this one is off.
  "cloudtrace.googleapis.com",
  "iam.googleapis.com",
  "logging.googleapis.com",
  "monitoring.googleapis.com",
  "pubsub.googleapis.com",
  "run.googleapis.com",
  "secretmanager.googleapis.com",
  "serviceusage.googleapis.com",
  "storage.googleapis.com",
];

/** Null: not a Google API that a project enables. */
const SERVICES: Readonly<Record<Api, string | null>> = {
  calendar: "calendar-json.googleapis.com",
  drive: "drive.googleapis.com",
  language: "language.googleapis.com",
  meet: "meet.googleapis.com",
  oauth: null,
  pubsub: "pubsub.googleapis.com",
  secretmanager: "secretmanager.googleapis.com",
  smtp: null,
  speech: "speech.googleapis.com",
  storage: "storage.googleapis.com",
  supabase: null,
  telemetry: "telemetry.googleapis.com",
  workspaceevents: "workspaceevents.googleapis.com",
};

/** Every API that the topology needs; an environment may choose more. */
export function topologyServices(): readonly string[] {
  const called = functions.flatMap(({ apis }) => apis.flatMap((api: Api) => SERVICES[api] ?? []));
  return [...new Set([...FOUNDATION, ...called])].sort();
}
