import { http } from "@google-cloud/functions-framework";
import { speechLocation } from "#domain/transcription-plan.ts";
import { makeCallerVerifier } from "#google/caller-verifier.ts";
import { makeConsultantAuth } from "#google/consultant-auth.ts";
import { makeDriveRecordings } from "#google/drive.ts";
import { makeMeet } from "#google/meet.ts";
import { makeTranscriber } from "#google/speech.ts";
import { makeObjectStore } from "#google/storage.ts";
import { makeTraceExporter } from "#google/trace-exporter.ts";
import { audioExtractor } from "#media/extract-audio.ts";
import { readEnvironment } from "#runtime/environment.ts";
import { makeLogger } from "#runtime/logger.ts";
import { makePubsubFunction } from "#runtime/pubsub-function.ts";
import { systemClock } from "#runtime/system-clock.ts";
import { traced } from "#runtime/traced.ts";
import { makeTracing } from "#runtime/tracing.ts";
import { makeCaptureStore } from "#supabase/capture-store.ts";
import { makeSupabase } from "#supabase/client.ts";
import { makeConsultantTokenStore } from "#supabase/consultant-token-store.ts";
import { makeEffectLog } from "#supabase/effect-log.ts";
import { makeRejectionLog } from "#supabase/rejection-log.ts";
import { buckets } from "#topology/buckets.ts";
import { captureEnvironment } from "./config.ts";
import { makeHandler } from "./handler.ts";

const NAME = "capture-artifacts";
const config = readEnvironment(captureEnvironment, process.env);
const projectId = config.GOOGLE_CLOUD_PROJECT_ID;
const log = makeLogger(NAME);
const tracing = makeTracing({ name: NAME, config, clock: systemClock, log, exporter: makeTraceExporter(NAME, config) });
const supabase = makeSupabase({ url: config.SUPABASE_URL, secretKey: config.SUPABASE_SECRET_KEY });
const [bucket] = buckets;
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
      store: traced("recordings", makeCaptureStore(supabase)),
      effects: traced("effects", makeEffectLog(supabase)),
      meetings: traced("meet", makeMeet({ auth, endpoint: config.GOOGLE_MEET_ENDPOINT })),
      files: traced(
        "drive",
        makeDriveRecordings({
          auth,
          clock: systemClock,
          idleSeconds: config.DOWNLOAD_IDLE_SECONDS,
          endpoint: config.GOOGLE_DRIVE_ENDPOINT,
        }),
      ),
      objects: traced(
        "storage",
        makeObjectStore({
          projectId,
          bucket: `${projectId}-${bucket.name}`,
          endpoint: config.GOOGLE_STORAGE_ENDPOINT,
        }),
      ),
      transcriber: traced(
        "speech",
        makeTranscriber({
          projectId,
          location: speechLocation(config.DATA_RESIDENCY),
          endpoint: config.GOOGLE_SPEECH_ENDPOINT,
        }),
      ),
      extractor: traced("audio", audioExtractor),
      clock: systemClock,
      leaseSeconds: config.LEASE_SECONDS,
      keepDays: bucket.prefixes[0].deleteAfterDays,
      residency: config.DATA_RESIDENCY,
    }),
  }),
);
