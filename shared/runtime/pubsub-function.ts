import type { Request, Response } from "@google-cloud/functions-framework";
import type { Delivery } from "#contracts/delivery.ts";
import { type PushMessage, parsePushBody } from "#contracts/pubsub-push.ts";
import { assertNever } from "#kernel/exhaustive.ts";
import type { Outcome } from "#kernel/outcome.ts";
import { parseTraceparent } from "#kernel/trace.ts";
import type { CallerVerifier } from "#ports/caller-verifier.ts";
import type { RejectionLog } from "#ports/rejection-log.ts";
import { guarded, type HttpFunction, logFailure, rawBodyText, refuse, traceOfRequest } from "#runtime/http.ts";
import type { Logger } from "#runtime/logger.ts";
import { aboutSubject, type RunStart } from "#runtime/run-context.ts";
import { settle } from "#runtime/settle.ts";
import { TRACEPARENT_ATTRIBUTE } from "#runtime/traced-publisher.ts";
import type { Tracing } from "#runtime/tracing.ts";

export interface PubsubFunctionOptions {
  readonly name: string;
  readonly callers: CallerVerifier;
  readonly rejections: RejectionLog;
  readonly log: Logger;
  readonly tracing: Tracing;
  readonly handle: (delivery: Delivery) => Promise<Outcome>;
}

/** What Pub/Sub is told. */
interface Reply {
  readonly status: 204 | 503;
  readonly retryAfterMs?: number | undefined;
}

const ACKNOWLEDGED: Reply = { status: 204 };

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
        : await options.tracing.run({ ...start, ...describe(envelope.message) }, () =>
            deliver(options, request, envelope.message),
          );
    send(response, reply);
  });
}

/** OpenTelemetry's words for a message that is processed; the subscription is what it was sent to us by. */
function describe(message: PushMessage): Pick<RunStart, "name" | "attributes" | "claimedParent"> {
  const subscription = message.subscription.split("/").at(-1) ?? "";
  return {
    name: `process ${subscription}`,
    attributes: {
      "messaging.system": "gcp_pubsub",
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "messaging.destination.name": subscription,
      "messaging.message.id": message.messageId,
      ...(message.attempt !== null && { "messaging.gcp_pubsub.message.delivery_attempt": message.attempt }),
    },
    claimedParent: parseTraceparent(message.attributes[TRACEPARENT_ATTRIBUTE]),
  };
}

async function deliver(options: PubsubFunctionOptions, request: Request, message: PushMessage): Promise<Reply> {
  const { json, ...envelope } = message;
  const delivery: Delivery = { ...envelope, data: json, about: aboutSubject };
  const fields = { messageId: message.messageId, attempt: message.attempt };
  const settlement = await settle(() => options.handle(delivery), options.log, fields);
  switch (settlement.kind) {
    case "acknowledge":
      return ACKNOWLEDGED;
    case "refuse":
      return await reject(options, request, settlement.reason);
    case "retry":
      return { status: 503, retryAfterMs: settlement.retryAfterMs };
    default:
      return assertNever(settlement);
  }
}

/** What must be recorded first is recorded first: an acknowledged message never comes again. */
async function reject(
  { rejections, name, log }: PubsubFunctionOptions,
  request: Request,
  reason: string,
): Promise<Reply> {
  log.warn({ outcome: "rejected", reason }, "input recorded as rejected");
  try {
    await rejections.record({ edge: name, reason, body: rawBodyText(request) });
    return ACKNOWLEDGED;
  } catch (thrown) {
    logFailure(log, thrown);
    return { status: 503 };
  }
}

function send(response: Response, { status, retryAfterMs }: Reply): void {
  if (retryAfterMs !== undefined) response.set("retry-after", String(Math.ceil(retryAfterMs / 1000)));
  response.status(status).end();
}
