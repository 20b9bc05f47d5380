import { http } from "@google-cloud/functions-framework";
import { makeCalendarChanges } from "#google/calendar-changes.ts";
import { makeCallerVerifier } from "#google/caller-verifier.ts";
import { makeConsultantAuth } from "#google/consultant-auth.ts";
import { makeTraceExporter } from "#google/trace-exporter.ts";
import { makeCheckedFunction } from "#runtime/checked-function.ts";
import { readEnvironment } from "#runtime/environment.ts";
import { makeLogger, safeErrorText } from "#runtime/logger.ts";
import { systemClock } from "#runtime/system-clock.ts";
import { traced } from "#runtime/traced.ts";
import { makeTracing } from "#runtime/tracing.ts";
import { makeCalendarChannelStore } from "#supabase/calendar-channel-store.ts";
import { makeCalendarReadingStore } from "#supabase/calendar-reading-store.ts";
import { makeSupabase } from "#supabase/client.ts";
import { makeConsultantTokenStore } from "#supabase/consultant-token-store.ts";
import { syncCalendarEnvironment } from "./config.ts";
import { makeSyncCallerCheck } from "./endpoint.ts";
import { makeHandler } from "./handler.ts";
import { makeReadCalendar } from "./read-calendar.ts";

const NAME = "sync-calendar";
const config = readEnvironment(syncCalendarEnvironment, process.env);
const log = makeLogger(NAME);
const tracing = makeTracing({ name: NAME, config, clock: systemClock, log, exporter: makeTraceExporter(NAME, config) });
const supabase = makeSupabase({ url: config.SUPABASE_URL, secretKey: config.SUPABASE_SECRET_KEY });
const store = traced("calendar_readings", makeCalendarReadingStore(supabase));
const auth = makeConsultantAuth({
  tokens: makeConsultantTokenStore(supabase),
  clientId: config.GOOGLE_CLIENT_ID,
  clientSecret: config.GOOGLE_CLIENT_SECRET,
  clock: systemClock,
  oauthEndpoint: config.GOOGLE_OAUTH_ENDPOINT,
});
const readCalendar = makeReadCalendar({
  store,
  changes: traced("calendar", makeCalendarChanges({ auth, endpoint: config.GOOGLE_CALENDAR_ENDPOINT })),
  leaseSeconds: config.LEASE_SECONDS,
  checkSeconds: config.CALENDAR_CHECK_SECONDS,
  retrySeconds: config.CALENDAR_RETRY_SECONDS,
});

http(
  NAME,
  makeCheckedFunction({
    log,
    tracing,
    callerOf: makeSyncCallerCheck({
      channels: makeCalendarChannelStore(supabase),
      callers: makeCallerVerifier({
        audience: config.OIDC_AUDIENCE,
        callers: config.OIDC_CALLERS,
        oauthEndpoint: config.GOOGLE_OAUTH_ENDPOINT,
      }),
    }),
    handle: makeHandler({
      ...{ store, readCalendar, claimSeconds: config.CALENDAR_RETRY_SECONDS },
      reportFailure: (userId, error) => log.warn({ userId, error: safeErrorText(error) }, "calendar not read"),
    }),
  }),
);
