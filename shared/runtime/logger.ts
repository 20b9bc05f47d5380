import { pino } from "pino";

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

/** JSON lines on stdout, one per outcome, in the shape Cloud Logging reads. */
export function makeLogger(functionName: string): Logger {
  return pino({
    base: { function: functionName },
    messageKey: "message",
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ severity: SEVERITY[label] ?? "DEFAULT" }) },
  });
}

/** The longest text of somebody else's error that a log line or a row repeats. */
const MAX_ERROR_TEXT = 300;

// Google's access tokens (ya29.), refresh tokens (1//), OAuth secrets (GOCSPX-), codes (4/), JWTs, Supabase keys, bearer headers.
const SECRET_SHAPES =
  /ya29\.[\w.-]+|1\/\/[\w-]+|GOCSPX-[\w-]+|\b4\/[\w-]{20,}|eyJ[\w-]+\.[\w-]+\.[\w-]*|sb_secret_[\w-]+|Bearer\s+\S+/g;

/** An error's own words made safe to log: one line, shortened, with anything shaped like a secret removed. */
export function safeErrorText(error: Error): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is being removed
  const oneLine = error.message.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
  return oneLine.replaceAll(SECRET_SHAPES, "[secret]").slice(0, MAX_ERROR_TEXT);
}
