import type { Supabase } from "#supabase/client.ts";
import { accountChecks } from "./check-accounts.ts";
import { bucketChecks } from "./check-buckets.ts";
import { clockOfGoogle } from "./check-clock.ts";
import { functionChecks } from "./check-functions.ts";
import { oauthChecks } from "./check-oauth-client.ts";
import { projectChecks } from "./check-project.ts";
import { scheduleChecks } from "./check-schedules.ts";
import { secretChecks } from "./check-secrets.ts";
import { sharedKeyChecks } from "./check-shared-keys.ts";
import { subscriptionChecks } from "./check-subscriptions.ts";
import { topicChecks } from "./check-topics.ts";
import { type Check, pass } from "./finding.ts";
import { googleClients } from "./google-clients.ts";
import { googleCheck } from "./google-context.ts";
import { googleFacts } from "./google-facts.ts";
import type { Target } from "./target.ts";

export interface GoogleCheckOptions {
  readonly target: Target;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly database: () => Supabase;
}

/** Everything that the topology wants at Google, beside what is there. */
export function googleChecks({ target, variables, database }: GoogleCheckOptions): Check[] {
  let made: ReturnType<typeof googleClients> | undefined;
  const clients = () => (made ??= googleClients(variables, target.projectId));
  const context = { target, facts: googleFacts(clients, target) };
  return [
    googleCheck("Google credentials", async () => {
      await clients();
      return pass("Application Default Credentials are accepted");
    }),
    ...projectChecks(context),
    ...accountChecks(context),
    ...functionChecks(context),
    ...topicChecks(context),
    ...subscriptionChecks(context),
    ...scheduleChecks(context),
    ...secretChecks(context),
    ...bucketChecks(context),
    ...oauthChecks({ ...context, variables }),
    ...sharedKeyChecks({ ...context, database, supabaseUrl: variables["SUPABASE_URL"] }),
    clockOfGoogle(variables),
  ];
}
