import type { FunctionName } from "../topology/functions.ts";

/** A log entry as far as filters and extractors of ours read it. */
export interface LogEntry {
  readonly resource: { readonly type: string; readonly labels: Readonly<Record<string, string>> };
  readonly severity: string;
  readonly jsonPayload: Readonly<Record<string, unknown>>;
}

/** What Cloud Logging makes of a line that a function has printed: `severity` and `time` leave the payload. */
export function entryOf(service: FunctionName, line: string): LogEntry {
  const { severity = "DEFAULT", time: _time, ...jsonPayload } = JSON.parse(line) as Record<string, unknown>;
  const resource = { type: "cloud_run_revision", labels: { service_name: service } };
  return { resource, severity: String(severity), jsonPayload };
}

/** The value at `jsonPayload.report`; undefined where there is none. */
export function fieldOf(entry: LogEntry, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => {
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  }, entry);
}

/**
 * Whether a filter in Cloud Logging's query language finds the entry. Known are comparisons joined by AND:
 * `field="value"`, `field=("a" OR "b")`, `field:*` (is there). Anything else throws: what is not understood is not tested.
 */
export function matches(filter: string, entry: LogEntry): boolean {
  return filter.split(" AND ").every((comparison) => {
    const [, path, operator, operand] =
      /^([\w.]+)(=|:)(\*|"[^"]*"|\("[^"]*"(?: OR "[^"]*")*\))$/.exec(comparison) ?? [];
    if (path === undefined || operand === undefined) throw new Error(`a filter of another kind: ${comparison}`);
    const value = fieldOf(entry, path);
    if (operand === "*") return value !== undefined && value !== null;
    if (operator !== "=") throw new Error(`a comparison of another kind: ${comparison}`);
    return [...operand.matchAll(/"([^"]*)"/g)].some(([, wanted]) => value === wanted);
  });
}
