import type { Request } from "@google-cloud/functions-framework";
import type { Delivery } from "#contracts/delivery.ts";
import type { PushMessage } from "#contracts/pubsub-push.ts";
import { assertNever } from "#kernel/exhaustive.ts";
import type { Outcome } from "#kernel/outcome.ts";
import type { RejectionLog } from "#ports/rejection-log.ts";
import { logFailure, rawBodyText } from "#runtime/http.ts";
import type { Logger } from "#runtime/logger.ts";
import { aboutSubject } from "#runtime/run-context.ts";
import { settle } from "#runtime/settle.ts";

export interface DeliverOptions {
  readonly name: string;
  readonly rejections: RejectionLog;
  readonly log: Logger;
  readonly handle: (delivery: Delivery) => Promise<Outcome>;
}

/** What Pub/Sub is told. */
export interface Reply {
  readonly status: 204 | 503;
  readonly retryAfterMs?: number | undefined;
}

const ACKNOWLEDGED: Reply = { status: 204 };

/** Hands a message to its handler and turns what came of it into a reply. */
export async function deliver(options: DeliverOptions, request: Request, message: PushMessage): Promise<Reply> {
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
export async function reject(options: DeliverOptions, request: Request, reason: string): Promise<Reply> {
  const { rejections, name, log } = options;
  log.warn({ outcome: "rejected", reason }, "input recorded as rejected");
  try {
    await rejections.record({ edge: name, reason, body: rawBodyText(request) });
    return ACKNOWLEDGED;
  } catch (thrown) {
    logFailure(log, thrown);
    return { status: 503 };
  }
}
