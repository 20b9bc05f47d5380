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

export type PushParse =
  | { readonly kind: "message"; readonly message: PushMessage }
  /** The reason names the field and never repeats what was sent. */
  | { readonly kind: "refused"; readonly reason: string };

/** Parses a push request's body. */
export function parsePushBody(body: unknown): PushParse {
  const parsed = pushBody.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { kind: "refused", reason: `${issue?.path.join(".") || "the body"}: ${issue?.message}` };
  }
  const { message, subscription, deliveryAttempt } = parsed.data;
  const payload = jsonOf(Buffer.from(message.data, "base64").toString("utf8"));
  if (payload === null) return { kind: "refused", reason: "message.data: not JSON" };
  return {
    kind: "message",
    message: {
      messageId: message.messageId,
      subscription,
      attributes: message.attributes,
      json: payload.json,
      publishedAt: message.publishTime === undefined ? null : new Date(message.publishTime),
      attempt: deliveryAttempt ?? null,
    },
  };
}

/** Null for what is not JSON; the parser's own words would repeat the text. */
function jsonOf(text: string): { readonly json: unknown } | null {
  try {
    return { json: text === "" ? undefined : JSON.parse(text) };
  } catch {
    return null;
  }
}
