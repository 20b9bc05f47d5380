import { type DestinationStream, pino } from "pino";
import { runFields } from "#runtime/run-context.ts";

/** Cloud Logging's names for pino's levels. */
const SEVERITY: Readonly<Record<string, string>> = {
  trace: "DEBUG",
  debug: "DEBUG",
  info: "INFO",
  warn: "WARNING",
  error: "ERROR",
  fatal: "CRITICAL",
};

/** What one outcome is logged with; ids only, no names, texts or tokens. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Logger {
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** JSON lines on stdout, one per outcome, in the shape Cloud Logging reads; each names its run's trace and booking. */
export function makeLogger(functionName: string, destination: DestinationStream = pino.destination(1)): Logger {
  const options = {
    base: { function: functionName },
    messageKey: "message",
    mixin: runFields,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ severity: SEVERITY[label] ?? "DEFAULT" }) },
  };
  return pino(options, destination);
}

/** The longest text of somebody else's error that a log line or a row repeats. */
const MAX_ERROR_TEXT = 300;

/** Each part is the prefix that its issuer gives a secret, or the name of the field that carries one. */
const SECRET_SHAPES = new RegExp(
  [
    String.raw`ya29\.[\w.-]+`, // Google access token
    String.raw`1(?:\/|%2F){2}[\w-]+`, // Google refresh token, also in a form body
    String.raw`\b4(?:\/|%2F)[\w-]{20,}`, // Google authorization code
    String.raw`GOCSPX-[\w-]+`, // OAuth client secret
    String.raw`eyJ[\w-]+\.[\w-]+\.[\w-]*`, // JWT
    String.raw`sb_secret_[\w-]+`, // Supabase secret key
    String.raw`Bearer\s+\S+`,
    String.raw`(?:token|secret|password|assertion|code_verifier)["']?\s*[=:]\s*["']?[^\s"'&,;]+`,
    String.raw`[\w.+-]+@[\w-]+\.[\w.-]+`, // an e-mail address: no secret, and nobody's business in a log
  ].join("|"),
  "gi",
);

/** An error's own words made safe to log: one line, shortened, with anything shaped like a secret removed. */
export function safeErrorText(error: Error): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is being removed
  const oneLine = error.message.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
  // A cut through a surrogate pair would be refused by jsonb and by strict JSON readers.
  return oneLine.replaceAll(SECRET_SHAPES, "[secret]").slice(0, MAX_ERROR_TEXT).toWellFormed();
}
