import { z } from "zod";

/** Pub/Sub's wrapped push body; real traffic carries snake_case twins of some fields, which we do not read. */
const pushBody = z.looseObject({
  message: z.looseObject({
    data: z.base64().default(""),
    attributes: z.record(z.string(), z.string()).default({}),
    messageId: z.string().min(1).max(200),
    publishTime: z.iso.datetime({ offset: true }).optional(),
  }),
  subscription: z.string().min(1).max(500),
  deliveryAttempt: z.number().int().positive().optional(),
});

/** The envelope with its payload decoded; `json` is undefined for an empty payload. */
export interface PushMessage {
  readonly messageId: string;
  readonly subscription: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly json: unknown;
  readonly publishedAt: Date | null;
  readonly attempt: number | null;
}

/** Parses a push request's body; throws `ZodError` or `SyntaxError` naming what is wrong with it. */
export function parsePushBody(body: unknown): PushMessage {
  const { message, subscription, deliveryAttempt } = pushBody.parse(body);
  const text = Buffer.from(message.data, "base64").toString("utf8");
  return {
    messageId: message.messageId,
    subscription,
    attributes: message.attributes,
    json: text === "" ? undefined : JSON.parse(text),
    publishedAt: message.publishTime === undefined ? null : new Date(message.publishTime),
    attempt: deliveryAttempt ?? null,
  };
}
