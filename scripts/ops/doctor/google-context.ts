import type { Check, Verdict } from "./finding.ts";
import type { GoogleFacts } from "./google-facts.ts";
import type { Target } from "./target.ts";

/** What every check of Google is told. */
export interface GoogleContext {
  readonly target: Target;
  readonly facts: GoogleFacts;
}

export const googleCheck = (name: string, run: () => Verdict | Promise<Verdict>): Check => ({
  area: "google",
  name,
  run,
});

/** The account that a function, the pushes or the schedule run as. */
export const emailOf = ({ projectId }: Target, account: string): string =>
  `${account}@${projectId}.iam.gserviceaccount.com`;
export const memberOf = (target: Target, account: string): string => `serviceAccount:${emailOf(target, account)}`;

export const PUSH_ACCOUNT = "pubsub-push";
export const SCHEDULER_ACCOUNT = "scheduler";

/** Pub/Sub's own account in the project: it signs pushes and moves dead letters. */
export async function pubsubAgent({ facts }: GoogleContext): Promise<string> {
  const number = (await facts.project()).name?.split("/")[1] ?? "";
  return `serviceAccount:service-${number}@gcp-sa-pubsub.iam.gserviceaccount.com`;
}

export const topicPath = ({ projectId }: Target, name: string): string => `projects/${projectId}/topics/${name}`;
export const projectFlag = ({ projectId }: Target): string => `--project=${projectId}`;

/** A page of the console. */
export const consoleLink = ({ projectId }: Target, page: string): string =>
  `https://console.cloud.google.com/${page}?project=${encodeURIComponent(projectId)}`;
