import type { Response } from "@google-cloud/functions-framework";
import { parsePushBody } from "#contracts/pubsub-push.ts";
import type { CallerVerifier } from "#ports/caller-verifier.ts";
import { type DeliverOptions, deliver, type Reply, reject } from "#runtime/deliver-message.ts";
import { guarded, type HttpFunction, refuse, traceOfRequest } from "#runtime/http.ts";
import { messageRun } from "#runtime/message-run.ts";
import type { Tracing } from "#runtime/tracing.ts";

export interface PubsubFunctionOptions extends DeliverOptions {
  readonly callers: CallerVerifier;
  readonly tracing: Tracing;
}

/**
 * A push endpoint: caller, envelope, handler, acknowledgement.
 * 204 acknowledges; 503 makes Pub/Sub back off and deliver again; strangers get 401 and nothing happens.
 */
export function makePubsubFunction(options: PubsubFunctionOptions): HttpFunction {
  return guarded(options.log, async (request, response) => {
    if ((await options.callers.verify(request.get("authorization"))) === null) return refuse(response, 401);
    const envelope = parsePushBody(request.body);
    const start = { traceId: traceOfRequest(request), kind: "consumer" } as const;
    // No retry can mend an envelope: it is recorded, and acknowledged so that it blocks nothing.
    const reply =
      envelope.kind === "refused"
        ? await options.tracing.run(start, () => reject(options, request, envelope.reason))
        : await options.tracing.run({ ...start, ...messageRun(envelope.message) }, () =>
            deliver(options, request, envelope.message),
          );
    send(response, reply);
  });
}

function send(response: Response, { status, retryAfterMs }: Reply): void {
  if (retryAfterMs !== undefined) response.set("retry-after", String(Math.ceil(retryAfterMs / 1000)));
  response.status(status).end();
}
