import { http } from "@google-cloud/functions-framework";
import { makeCallerVerifier } from "#google/caller-verifier.ts";
import { makePubsubPublisher } from "#google/pubsub-publisher.ts";
import { makeSecretReader } from "#google/secret-manager.ts";
import { makeTraceExporter } from "#google/trace-exporter.ts";
import { makeCheckedFunction } from "#runtime/checked-function.ts";
import { readEnvironment } from "#runtime/environment.ts";
import { makeLogger } from "#runtime/logger.ts";
import { systemClock } from "#runtime/system-clock.ts";
import { traced } from "#runtime/traced.ts";
import { makeTracedPublisher } from "#runtime/traced-publisher.ts";
import { makeTracing } from "#runtime/tracing.ts";
import { makeSupabase } from "#supabase/client.ts";
import { makeOutboxStore } from "#supabase/outbox-store.ts";
import { relayEnvironment } from "./config.ts";
import { coalesced, makeRelayCallerCheck } from "./endpoint.ts";
import { makeRelay } from "./handler.ts";

const NAME = "relay-outbox";
const config = readEnvironment(relayEnvironment, process.env);
const log = makeLogger(NAME);
const tracing = makeTracing({ name: NAME, config, clock: systemClock, log, exporter: makeTraceExporter(NAME, config) });
const supabase = makeSupabase({ url: config.SUPABASE_URL, secretKey: config.SUPABASE_SECRET_KEY });
const store = traced("outbox", makeOutboxStore(supabase));
const pubsub = { projectId: config.GOOGLE_CLOUD_PROJECT_ID, emulatorHost: config.PUBSUB_EMULATOR_HOST };
const publisher = makeTracedPublisher(traced("pubsub", makePubsubPublisher(pubsub)));

const callerOf = makeRelayCallerCheck({
  store,
  clock: systemClock,
  callers: makeCallerVerifier({
    audience: config.OIDC_AUDIENCE,
    callers: config.OIDC_CALLERS,
    oauthEndpoint: config.GOOGLE_OAUTH_ENDPOINT,
  }),
  pingKey: makeSecretReader(
    {
      projectId: config.GOOGLE_CLOUD_PROJECT_ID,
      clock: systemClock,
      endpoint: config.GOOGLE_SECRET_MANAGER_ENDPOINT,
    },
    "relay-ping-key",
  ),
});

http(
  NAME,
  makeCheckedFunction({
    callerOf,
    log,
    tracing,
    handle: coalesced(makeRelay({ store, publisher, clock: systemClock, claimSeconds: config.OUTBOX_CLAIM_SECONDS })),
  }),
);
