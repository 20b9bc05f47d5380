import { http } from "@google-cloud/functions-framework";
import { makeCalendar } from "#google/calendar.ts";
import { makeCallerVerifier } from "#google/caller-verifier.ts";
import { makeConsultantAuth } from "#google/consultant-auth.ts";
import { makeMeet } from "#google/meet.ts";
import { makeTraceExporter } from "#google/trace-exporter.ts";
import { readEnvironment } from "#runtime/environment.ts";
import { makeLogger } from "#runtime/logger.ts";
import { makePubsubFunction } from "#runtime/pubsub-function.ts";
import { systemClock } from "#runtime/system-clock.ts";
import { traced } from "#runtime/traced.ts";
import { makeTracing } from "#runtime/tracing.ts";
import { makeBackfillStore } from "#supabase/backfill-store.ts";
import { makeBookingStore } from "#supabase/booking-store.ts";
import { makeSupabase } from "#supabase/client.ts";
import { makeConsultantTokenStore } from "#supabase/consultant-token-store.ts";
import { makeRejectionLog } from "#supabase/rejection-log.ts";
import { makeAdoptEvent } from "./adopt-event.ts";
import { processBookingEnvironment } from "./config.ts";
import { makeEventHolder } from "./event-holder.ts";
import { makeHandler } from "./handler.ts";
import { makePass } from "./pass.ts";
import { makeReadCalendar, makeRoute } from "./read-calendar.ts";
import { makeRetireEvents } from "./retire-events.ts";
import { makeReturnEvents } from "./return-events.ts";

const NAME = "process-booking";
const config = readEnvironment(processBookingEnvironment, process.env);
const log = makeLogger(NAME);
const tracing = makeTracing({ name: NAME, config, clock: systemClock, log, exporter: makeTraceExporter(NAME, config) });
const supabase = makeSupabase({ url: config.SUPABASE_URL, secretKey: config.SUPABASE_SECRET_KEY });
const store = traced("bookings", makeBookingStore(supabase));
const auth = makeConsultantAuth({
  tokens: traced("tokens", makeConsultantTokenStore(supabase)),
  clientId: config.GOOGLE_CLIENT_ID,
  clientSecret: config.GOOGLE_CLIENT_SECRET,
  clock: systemClock,
  oauthEndpoint: config.GOOGLE_OAUTH_ENDPOINT,
});
const calendar = traced("calendar", makeCalendar({ auth, endpoint: config.GOOGLE_CALENDAR_ENDPOINT }));
const conferencePollMs = config.CONFERENCE_POLL_SECONDS * 1000;
const holder = { calendar, store, clock: systemClock, conferencePollMs };
const meetings = traced("meet", makeMeet({ auth, endpoint: config.GOOGLE_MEET_ENDPOINT }));
const pass = makePass({
  meetings,
  holdEvent: makeEventHolder(holder),
  adoptEvent: makeAdoptEvent(holder),
  retireEvents: makeRetireEvents({ calendar, store }),
  returnEvents: makeReturnEvents({ calendar, store, meetings }),
});

http(
  NAME,
  makePubsubFunction({
    name: NAME,
    log,
    tracing,
    rejections: makeRejectionLog(supabase),
    callers: makeCallerVerifier({
      audience: config.OIDC_AUDIENCE,
      callers: config.OIDC_CALLERS,
      oauthEndpoint: config.GOOGLE_OAUTH_ENDPOINT,
    }),
    handle: makeRoute(
      makeReadCalendar({ calendar, backfills: traced("backfills", makeBackfillStore(supabase)) }),
      makeHandler({ store, pass, leaseSeconds: config.LEASE_SECONDS }),
    ),
  }),
);
