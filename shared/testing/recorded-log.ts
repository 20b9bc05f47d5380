import type { LogFields, Logger } from "#runtime/logger.ts";

export interface LogLine extends LogFields {
  readonly severity: "info" | "warn" | "error";
  readonly message: string;
}

/** A logger that keeps its lines. */
export function recordedLog(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const write = (severity: LogLine["severity"]) => (fields: LogFields, message: string) => {
    lines.push({ ...fields, severity, message } as LogLine);
  };
  return { lines, info: write("info"), warn: write("warn"), error: write("error") };
}
