import { CommandError } from "../command.ts";
import { unknown, type Verdict } from "./finding.ts";

const LOG_IN = "Log in: gcloud auth application-default login";
const ASK_FOR_ROLES =
  "Ask the project's owner for the roles Viewer (roles/viewer) and Security Reviewer (roles/iam.securityReviewer).";

/** As the clients throw it: gaxios' errors carry the answer, the others a message. */
interface ClientError {
  readonly message?: string;
  readonly status?: number;
  readonly response?: { readonly data?: unknown };
}

interface GoogleAnswer {
  readonly error?: { readonly message?: string; readonly details?: readonly { readonly reason?: string }[] } | string;
}

/** Words for an error: the first that fits. Tokens and keys are in none of these messages. */
const REASONS: readonly (readonly [
  fits: (error: ClientError, reason: string) => boolean,
  say: (text: string) => Verdict,
])[] = [
  [
    ({ message }) => /Could not load the default credentials|Unable to detect a Project Id/i.test(message ?? ""),
    () => unknown("there are no Google credentials on this machine", LOG_IN),
  ],
  [
    ({ status, message }, reason) => status === 401 || /invalid_grant|invalid_rapt/.test(`${reason} ${message ?? ""}`),
    () => unknown("Google does not accept the credentials of this machine", LOG_IN),
  ],
  [
    (_error, reason) => reason === "SERVICE_DISABLED",
    () =>
      unknown("its API is not enabled, so that it cannot be asked", "Enable the API first: its own check says how."),
  ],
  [({ status }) => status === 403, (text) => unknown(`your account may not look (${text})`, ASK_FOR_ROLES)],
];

/** Why something could not be asked, and what to do. */
export function reasonOf(thrown: unknown): Verdict {
  if (thrown instanceof CommandError) return unknown(thrown.message);
  const error = (thrown ?? {}) as ClientError;
  const { text, reason } = answerOf(error);
  const found = REASONS.find(([fits]) => fits(error, reason));
  return found === undefined ? unknown(`could not be asked: ${text}`) : found[1](text);
}

function answerOf({ message = "no reason given", response }: ClientError): { text: string; reason: string } {
  const data = (response?.data ?? {}) as GoogleAnswer;
  if (typeof data !== "object" || data.error === undefined) return { text: firstLine(message), reason: "" };
  if (typeof data.error === "string") return { text: data.error, reason: data.error };
  const reason = data.error.details?.find((detail) => typeof detail.reason === "string")?.reason ?? "";
  return { text: firstLine(data.error.message ?? message), reason };
}

const firstLine = (text: string): string => text.split("\n")[0]?.slice(0, 300) ?? "";
