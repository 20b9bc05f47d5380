import type { Request, Response } from "@google-cloud/functions-framework";
import type { Delivery } from "#contracts/delivery.ts";
import { type PushMessage, parsePushBody } from "#contracts/pubsub-push.ts";
import { assertNever } from "#kernel/exhaustive.ts";
import type { Outcome } from "#kernel/outcome.ts";
import { asError } from "#kernel/verdicts.ts";
import type { CallerVerifier } from "#ports/caller-verifier.ts";
import type { RejectionLog } from "#ports/rejection-log.ts";
import { type HttpFunction, rawBodyText, refuse, traceIdOf } from "#runtime/http.ts";
import { type Logger, safeErrorText } from "#runtime/logger.ts";
import { settle } from "#runtime/settle.ts";

export interface PubsubFunctionOptions {
  readonly name: string;
  readonly callers: CallerVerifier;
  readonly rejections: RejectionLog;
  readonly log: Logger;
  readonly handle: (delivery: Delivery) => Promise<Outcome>;
}

/**
 * A push endpoint: caller, envelope, handler, acknowledgement.
 * 204 acknowledges; 503 makes Pub/Sub back off and deliver again; strangers get 401 and nothing happens.
 */
export function makePubsubFunction(options: PubsubFunctionOptions): HttpFunction {
  return async (request, response) => {
    if ((await options.callers.verify(request.get("authorization"))) === null) return refuse(response, 401);
    const message = await readMessage(request, options);
    if (message === null) return void response.status(204).end();
    const { json, ...envelope } = message;
    const traceId = message.attributes["traceId"] ?? traceIdOf(request);
    const settlement = await settle(() => options.handle({ ...envelope, data: json, traceId }), options.log, {
      messageId: message.messageId,
      attempt: message.attempt,
      traceId,
    });
    switch (settlement.kind) {
      case "acknowledge":
        return void response.status(204).end();
      case "refuse":
        await options.rejections.record({ edge: options.name, reason: settlement.reason, body: rawBodyText(request) });
        return void response.status(204).end();
      case "retry":
        return retryLater(response, settlement.retryAfterMs);
      default:
        return assertNever(settlement);
    }
  };
}

/** Null for an envelope that no retry can mend: it is recorded, and acknowledged so that it blocks nothing. */
async function readMessage(request: Request, options: PubsubFunctionOptions): Promise<PushMessage | null> {
  try {
    return parsePushBody(request.body);
  } catch (thrown) {
    const reason = `not a Pub/Sub push message: ${safeErrorText(asError(thrown))}`;
    await options.rejections.record({ edge: options.name, reason, body: rawBodyText(request) });
    return null;
  }
}

function retryLater(response: Response, retryAfterMs: number | undefined): void {
  if (retryAfterMs !== undefined) response.set("retry-after", String(Math.ceil(retryAfterMs / 1000)));
  response.status(503).end();
}
