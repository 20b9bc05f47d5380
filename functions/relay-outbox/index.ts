import { http } from "@google-cloud/functions-framework";
import { makeCallerVerifier } from "#google/caller-verifier.ts";
import { makePubsubPublisher } from "#google/pubsub-publisher.ts";
import { makeSecretReader } from "#google/secret-manager.ts";
import { readEnvironment } from "#runtime/environment.ts";
import { refuse, traceIdOf } from "#runtime/http.ts";
import { makeLogger } from "#runtime/logger.ts";
import { settle } from "#runtime/settle.ts";
import { systemClock } from "#runtime/system-clock.ts";
import { makeSupabase } from "#supabase/client.ts";
import { makeOutboxStore } from "#supabase/outbox-store.ts";
import { relayEnvironment } from "./config.ts";
import { coalesced, makeRelayCallerCheck } from "./endpoint.ts";
import { makeRelay } from "./handler.ts";

const config = readEnvironment(relayEnvironment, process.env);
const log = makeLogger("relay-outbox");
const store = makeOutboxStore(makeSupabase({ url: config.SUPABASE_URL, secretKey: config.SUPABASE_SECRET_KEY }));
const publisher = makePubsubPublisher(config.GOOGLE_CLOUD_PROJECT_ID);
const drain = coalesced(makeRelay({ store, publisher, claimSeconds: config.OUTBOX_CLAIM_SECONDS }));

const mayCall = makeRelayCallerCheck({
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

http("relay-outbox", async (request, response) => {
  const allowed = await mayCall({
    authorization: request.get("authorization"),
    timestamp: request.get("x-ping-timestamp"),
    nonce: request.get("x-ping-nonce"),
    signature: request.get("x-ping-signature"),
  });
  if (!allowed) return refuse(response, 401);
  const settlement = await settle(drain, log, { traceId: traceIdOf(request) });
  response.status(settlement.kind === "acknowledge" ? 204 : 503).end();
});
