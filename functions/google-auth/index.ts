import { http } from "@google-cloud/functions-framework";
import { wantedScopes } from "#domain/google-scopes.ts";
import { makeCalendarChanges } from "#google/calendar-changes.ts";
import { makeConsultantAuth } from "#google/consultant-auth.ts";
import { makeGoogleOauth } from "#google/oauth.ts";
import { makeWorkspaceEvents } from "#google/workspace-events.ts";
import { readEnvironment } from "#runtime/environment.ts";
import { makeFetchFunction } from "#runtime/fetch-function.ts";
import { makeLogger, safeErrorText } from "#runtime/logger.ts";
import { systemClock } from "#runtime/system-clock.ts";
import { makeTracing } from "#runtime/tracing.ts";
import { makeCalendarChannelStore } from "#supabase/calendar-channel-store.ts";
import { makeSupabase } from "#supabase/client.ts";
import { makeConsultantTokenStore } from "#supabase/consultant-token-store.ts";
import { makeGoogleConnectionStore } from "#supabase/google-connection-store.ts";
import { makeMeetingEventSubscriptionStore } from "#supabase/meeting-event-subscription-store.ts";
import { makeOauthStateStore } from "#supabase/oauth-state-store.ts";
import { makeSessionVerifier } from "#supabase/session-verifier.ts";
import { makeCallback } from "./callback.ts";
import { googleAuthEnvironment } from "./config.ts";
import { makeConnect } from "./connect.ts";
import { makeDisconnect } from "./disconnect.ts";
import { makeHandler } from "./handler.ts";

const NAME = "google-auth";
const config = readEnvironment(googleAuthEnvironment, process.env);
const log = makeLogger(NAME);
// Strangers call it: each request has a trace in the log, and none writes to the trace store.
const tracing = makeTracing({
  ...{ name: NAME, config: { ...config, TRACES_SAMPLED: 0 }, clock: systemClock, log, exporter: null },
});
const supabase = makeSupabase({ url: config.SUPABASE_URL, secretKey: config.SUPABASE_SECRET_KEY });
const client = { clientId: config.GOOGLE_CLIENT_ID, clientSecret: config.GOOGLE_CLIENT_SECRET };

const tokens = makeConsultantTokenStore(supabase);
const states = makeOauthStateStore(supabase);
const connections = makeGoogleConnectionStore(supabase);
const subscriptionStore = makeMeetingEventSubscriptionStore(supabase);
const oauth = makeGoogleOauth({
  ...client,
  redirectUri: config.GOOGLE_REDIRECT_URI,
  scopes: wantedScopes({ recordings: config.GOOGLE_DRIVE_RECORDINGS === "on" }),
  endpoint: config.GOOGLE_OAUTH_ENDPOINT,
});
const auth = makeConsultantAuth({ ...client, tokens, clock: systemClock, oauthEndpoint: config.GOOGLE_OAUTH_ENDPOINT });
const channels = makeCalendarChanges({ auth, endpoint: config.GOOGLE_CALENDAR_ENDPOINT });
const channelStore = makeCalendarChannelStore(supabase);
const subscriptions = makeWorkspaceEvents({
  auth,
  projectId: config.GOOGLE_CLOUD_PROJECT_ID,
  topic: config.MEETING_EVENTS_TOPIC,
  endpoint: config.GOOGLE_WORKSPACE_EVENTS_ENDPOINT,
});

const handler = makeHandler({
  sessions: makeSessionVerifier({ url: config.SUPABASE_URL, clock: systemClock }),
  connect: makeConnect({ oauth, states, stateLifetimeSeconds: config.OAUTH_STATE_SECONDS }),
  callback: makeCallback({
    oauth,
    states,
    connections,
    subscriptions,
    subscriptionStore,
    subscriptionCheckSeconds: config.SUBSCRIPTION_CHECK_SECONDS,
    subscriptionRetrySeconds: config.SUBSCRIPTION_RETRY_SECONDS,
  }),
  disconnect: makeDisconnect({
    ...{ oauth, connections, tokens, subscriptions, subscriptionStore, channels, channelStore },
  }),
  status: (userId) => connections.status(userId),
  appUrl: config.APP_URL,
  cookieSeconds: Math.ceil(config.OAUTH_STATE_SECONDS),
  report: (outcome) => log.info({ ...outcome }, "done"),
  reportError: (error, step) => log.error({ step, error: safeErrorText(error) }, "failed"),
});

http(
  NAME,
  makeFetchFunction((request) => tracing.run({}, async () => handler.fetch(request))),
);
