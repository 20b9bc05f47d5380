import { http } from "@google-cloud/functions-framework";
import { makeCallerVerifier } from "#google/caller-verifier.ts";
import { makeConsultantAuth } from "#google/consultant-auth.ts";
import { makeLanguage } from "#google/language.ts";
import { makeMeet } from "#google/meet.ts";
import { makeObjectStore } from "#google/storage.ts";
import { makeTraceExporter } from "#google/trace-exporter.ts";
import { readEnvironment } from "#runtime/environment.ts";
import { makeLogger } from "#runtime/logger.ts";
import { makePubsubFunction } from "#runtime/pubsub-function.ts";
import { systemClock } from "#runtime/system-clock.ts";
import { traced } from "#runtime/traced.ts";
import { makeTracing } from "#runtime/tracing.ts";
import { makeAnalysisStore } from "#supabase/analysis-store.ts";
import { makeSupabase } from "#supabase/client.ts";
import { makeConsultantTokenStore } from "#supabase/consultant-token-store.ts";
import { makeEffectLog } from "#supabase/effect-log.ts";
import { makeRejectionLog } from "#supabase/rejection-log.ts";
import { buckets } from "#topology/buckets.ts";
import { analyzeTranscriptEnvironment } from "./config.ts";
import { makeHandler } from "./handler.ts";
import { makeInsightsStep } from "./insights-step.ts";
import { makePeopleLookup } from "./meeting-people-lookup.ts";
import { makeTranscriptStep } from "./transcript-step.ts";

const NAME = "analyze-transcript";
const config = readEnvironment(analyzeTranscriptEnvironment, process.env);
const log = makeLogger(NAME);
const tracing = makeTracing({ name: NAME, config, clock: systemClock, log, exporter: makeTraceExporter(NAME, config) });
const supabase = makeSupabase({ url: config.SUPABASE_URL, secretKey: config.SUPABASE_SECRET_KEY });
const store = traced("analyses", makeAnalysisStore(supabase, { leaseSeconds: config.LEASE_SECONDS }));
const effects = traced("effects", makeEffectLog(supabase));
const projectId = config.GOOGLE_CLOUD_PROJECT_ID;
const bucket = `${projectId}-${buckets[0].name}`;
const auth = makeConsultantAuth({
  tokens: traced("tokens", makeConsultantTokenStore(supabase)),
  clientId: config.GOOGLE_CLIENT_ID,
  clientSecret: config.GOOGLE_CLIENT_SECRET,
  clock: systemClock,
  oauthEndpoint: config.GOOGLE_OAUTH_ENDPOINT,
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
    handle: makeHandler({
      store,
      bucket,
      storeTranscripts: makeTranscriptStep({
        store,
        effects,
        objects: traced("storage", makeObjectStore({ projectId, bucket, endpoint: config.GOOGLE_STORAGE_ENDPOINT })),
        lookUpPeople: makePeopleLookup(traced("meet", makeMeet({ auth, endpoint: config.GOOGLE_MEET_ENDPOINT }))),
      }),
      writeInsights: makeInsightsStep({
        store,
        effects,
        language: traced(
          "language",
          makeLanguage({ projectId, clock: systemClock, endpoint: config.GOOGLE_LANGUAGE_ENDPOINT }),
        ),
      }),
    }),
  }),
);
