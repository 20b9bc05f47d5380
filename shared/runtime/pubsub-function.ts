import type { Request, Response } from "@google-cloud/functions-framework";
import type { Delivery } from "#contracts/delivery.ts";
import { parsePushBody } from "#contracts/pubsub-push.ts";
import { assertNever } from "#kernel/exhaustive.ts";
import type { Outcome } from "#kernel/outcome.ts";
import type { CallerVerifier } from "#ports/caller-verifier.ts";
import type { RejectionLog } from "#ports/rejection-log.ts";
import { guarded, type HttpFunction, isTraceId, rawBodyText, refuse, traceIdOf } from "#runtime/http.ts";
import type { Logger } from "#runtime/logger.ts";
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
  return guarded(options.log, async (request, response) => {
    if ((await options.callers.verify(request.get("authorization"))) === null) return refuse(response, 401);
    const envelope = parsePushBody(request.body);
    // No retry can mend an envelope: it is recorded, and acknowledged so that it blocks nothing.
    if (envelope.kind === "refused") return acknowledge(response, () => reject(options, request, envelope.reason));
    const { json, ...message } = envelope.message;
    const claimed = message.attributes["traceId"];
    const traceId = isTraceId(claimed) ? claimed : traceIdOf(request);
    const settlement = await settle(() => options.handle({ ...message, data: json, traceId }), options.log, {
      messageId: message.messageId,
      attempt: message.attempt,
      traceId,
    });
    switch (settlement.kind) {
      case "acknowledge":
        return acknowledge(response);
      case "refuse":
        return acknowledge(response, () => reject(options, request, settlement.reason));
      case "retry":
        return retryLater(response, settlement.retryAfterMs);
      default:
        return assertNever(settlement);
    }
  });
}

/** What must be recorded first is recorded first: an acknowledged message never comes again. */
async function acknowledge(response: Response, record?: () => Promise<void>): Promise<void> {
  await record?.();
  response.status(204).end();
}

async function reject(
  { rejections, name, log }: PubsubFunctionOptions,
  request: Request,
  reason: string,
): Promise<void> {
  log.warn({ outcome: "rejected", reason }, "input recorded as rejected");
  await rejections.record({ edge: name, reason, body: rawBodyText(request) });
}

function retryLater(response: Response, retryAfterMs: number | undefined): void {
  if (retryAfterMs !== undefined) response.set("retry-after", String(Math.ceil(retryAfterMs / 1000)));
  response.status(503).end();
}
