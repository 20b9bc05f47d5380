import { http } from "@google-cloud/functions-framework";
import { speechLocation } from "#domain/transcription-plan.ts";
import { makeCalendarChanges } from "#google/calendar-changes.ts";
import { makeCallerVerifier } from "#google/caller-verifier.ts";
import { makeConsultantAuth } from "#google/consultant-auth.ts";
import { makeMeet } from "#google/meet.ts";
import { makeGoogleOauth } from "#google/oauth.ts";
import { makeTranscriber } from "#google/speech.ts";
import { makeObjectStore } from "#google/storage.ts";
import { makeTraceExporter } from "#google/trace-exporter.ts";
import { makeWorkspaceEvents } from "#google/workspace-events.ts";
import { readEnvironment } from "#runtime/environment.ts";
import { makeLogger, safeErrorText } from "#runtime/logger.ts";
import { workOn } from "#runtime/run-context.ts";
import { makeScheduledFunction } from "#runtime/scheduled-function.ts";
import { systemClock } from "#runtime/system-clock.ts";
import { traced } from "#runtime/traced.ts";
import { makeTracing } from "#runtime/tracing.ts";
import { makeBookingWatch } from "#supabase/booking-watch.ts";
import { makeCalendarChannelStore } from "#supabase/calendar-channel-store.ts";
import { makeCaptureWatchStore } from "#supabase/capture-watch-store.ts";
import { makeSupabase } from "#supabase/client.ts";
import { makeConsultantTokenStore } from "#supabase/consultant-token-store.ts";
import { makeGoogleConnectionStore } from "#supabase/google-connection-store.ts";
import { makeMeetingEventSubscriptionStore } from "#supabase/meeting-event-subscription-store.ts";
import { makeOauthStateStore } from "#supabase/oauth-state-store.ts";
import { makePipelineStatusStore } from "#supabase/pipeline-status-store.ts";
import { buckets } from "#topology/buckets.ts";
import { thresholds } from "#topology/thresholds.ts";
import { keepWatchEnvironment } from "./config.ts";
import type { Duty } from "./duty.ts";
import { makeFinishDisconnects } from "./finish-disconnects.ts";
import { makeHandler } from "./handler.ts";
import {
  makeFinishedOperationsDuty,
  makeLostRecordingsDuty,
  makeStuckAnalysesDuty,
  makeStuckRecordingsDuty,
} from "./recording-duties.ts";
import { makeRenewSubscriptions } from "./renew-subscriptions.ts";
import { makeReportStatus } from "./report-status.ts";
import { makeWatchCalendars } from "./watch-calendars.ts";

/** Bookings announced again in one run, and how often one is before a person must look. */
const REQUEUE = { limit: 200, maxRequeues: 12 } as const;

const NAME = "keep-watch";
const config = readEnvironment(keepWatchEnvironment, process.env);
const log = makeLogger(NAME);
const tracing = makeTracing({ name: NAME, config, clock: systemClock, log, exporter: makeTraceExporter(NAME, config) });
const supabase = makeSupabase({ url: config.SUPABASE_URL, secretKey: config.SUPABASE_SECRET_KEY });
const client = { clientId: config.GOOGLE_CLIENT_ID, clientSecret: config.GOOGLE_CLIENT_SECRET };
const tokens = traced("tokens", makeConsultantTokenStore(supabase));
const auth = makeConsultantAuth({
  ...client,
  tokens,
  clock: systemClock,
  oauthEndpoint: config.GOOGLE_OAUTH_ENDPOINT,
});

const bookings = traced("bookings", makeBookingWatch(supabase));
const states = makeOauthStateStore(supabase);
const captures = traced("recordings", makeCaptureWatchStore(supabase));
const overdueSeconds = config.OVERDUE_SECONDS;
const [recordings] = buckets;

// One line for each duty; a new one is a file beside this with a factory that returns a Duty.
const duties: readonly Duty[] = [
  {
    name: "requeue_overdue_bookings",
    run: () => bookings.requeueOverdue({ ...REQUEUE, overdueSeconds }),
  },
  makeWatchCalendars({
    channels: traced("calendar", makeCalendarChanges({ auth, endpoint: config.GOOGLE_CALENDAR_ENDPOINT })),
    store: traced("channels", makeCalendarChannelStore(supabase)),
    address: config.SYNC_CALENDAR_URL,
    lifetimeSeconds: config.CHANNEL_LIFETIME_SECONDS,
    overlapSeconds: config.CHANNEL_OVERLAP_SECONDS,
    claimSeconds: config.SUBSCRIPTION_CLAIM_SECONDS,
    retrySeconds: config.CALENDAR_RETRY_SECONDS,
  }),
  makeRenewSubscriptions({
    subscriptions: traced(
      "workspaceevents",
      makeWorkspaceEvents({
        auth,
        projectId: config.GOOGLE_CLOUD_PROJECT_ID,
        topic: config.MEETING_EVENTS_TOPIC,
        endpoint: config.GOOGLE_WORKSPACE_EVENTS_ENDPOINT,
      }),
    ),
    store: traced("subscriptions", makeMeetingEventSubscriptionStore(supabase)),
    claimSeconds: config.SUBSCRIPTION_CLAIM_SECONDS,
    checkSeconds: config.SUBSCRIPTION_CHECK_SECONDS,
    retrySeconds: config.SUBSCRIPTION_RETRY_SECONDS,
  }),
  makeFinishDisconnects({
    connections: makeGoogleConnectionStore(supabase),
    tokens,
    oauth: traced(
      "oauth",
      makeGoogleOauth({
        ...client,
        redirectUri: config.GOOGLE_REDIRECT_URI,
        scopes: [],
        endpoint: config.GOOGLE_OAUTH_ENDPOINT,
      }),
    ),
    olderThanSeconds: config.DISCONNECT_GRACE_SECONDS,
  }),
  makeFinishedOperationsDuty({
    store: captures,
    transcriber: traced(
      "speech",
      makeTranscriber({
        projectId: config.GOOGLE_CLOUD_PROJECT_ID,
        location: speechLocation(config.DATA_RESIDENCY),
        endpoint: config.GOOGLE_SPEECH_ENDPOINT,
      }),
    ),
    objects: traced(
      "storage",
      makeObjectStore({
        projectId: config.GOOGLE_CLOUD_PROJECT_ID,
        bucket: `${config.GOOGLE_CLOUD_PROJECT_ID}-${recordings.name}`,
        endpoint: config.GOOGLE_STORAGE_ENDPOINT,
      }),
    ),
    overdueSeconds,
    deadlineSeconds: config.TRANSCRIPTION_SECONDS,
  }),
  makeStuckRecordingsDuty({ store: captures, overdueSeconds }),
  makeStuckAnalysesDuty({ store: captures, overdueSeconds }),
  makeLostRecordingsDuty({
    store: captures,
    meetings: traced("meet", makeMeet({ auth, endpoint: config.GOOGLE_MEET_ENDPOINT })),
    overdueSeconds,
    giveUpSeconds: config.RECORDING_SEARCH_SECONDS,
    workOn,
  }),
  { name: "prune_single_use_values", run: () => states.prune() },
  makeReportStatus({
    store: traced(
      "status",
      makePipelineStatusStore(supabase, {
        recentSeconds: thresholds.recentSeconds,
        expiringSeconds: thresholds.subscriptionExpiringSeconds,
      }),
    ),
    write: (fields) => log.info(fields, "pipeline status"),
  }),
];

http(
  NAME,
  makeScheduledFunction({
    log,
    tracing,
    callers: makeCallerVerifier({
      audience: config.OIDC_AUDIENCE,
      callers: config.OIDC_CALLERS,
      oauthEndpoint: config.GOOGLE_OAUTH_ENDPOINT,
    }),
    handle: makeHandler({
      duties,
      reportFailure: (duty, error) => log.error({ duty, error: safeErrorText(error) }, "duty failed"),
    }),
  }),
);
