import { invalid } from "../rest/errors.ts";

/** What a request of a resumable upload says that it is. */
export type ContentRange =
  /** No bytes: how much is there? */
  | { readonly kind: "query"; readonly totalBytes: number | null }
  /** Bytes from `startByte`; `endByte` (included) is null when the body's end tells. */
  | {
      readonly kind: "bytes";
      readonly startByte: number;
      readonly endByte: number | null;
      readonly totalBytes: number | null;
      /** The end of the body is the end of the object. */
      readonly isLast: boolean;
    };

const RANGE = /^bytes (?:(\*)|(\d+)-(\d+|\*))\/(\d+|\*)$/;
const numberOrNull = (text: string | undefined): number | null =>
  text === undefined || text === "*" ? null : Number(text);

/** Reads `Content-Range` of an upload; without one the body is the whole object. Throws 400 for anything else. */
export function parseContentRange(header: string | null): ContentRange {
  if (header === null) return { kind: "bytes", startByte: 0, endByte: null, totalBytes: null, isLast: true };
  const match = RANGE.exec(header);
  if (match === null) throw invalid(`Failed to parse Content-Range header: ${header}`);
  const totalBytes = numberOrNull(match[4]);
  if (match[1] === "*") return { kind: "query", totalBytes };
  const startByte = Number(match[2]);
  const endByte = numberOrNull(match[3]);
  if (endByte !== null && (endByte < startByte || (totalBytes !== null && endByte >= totalBytes))) {
    throw invalid(`Invalid Content-Range header: ${header}`);
  }
  // "bytes 0-*/*" is how a client streams an object of unknown length in one request.
  const isLast = endByte === null || (totalBytes !== null && endByte === totalBytes - 1);
  return { kind: "bytes", startByte, endByte, totalBytes, isLast };
}

/** First and last byte of a download's `Range`; null for none or one to be ignored, "unsatisfiable" for 416. */
export function parseRange(
  header: string | null,
  sizeBytes: number,
): { start: number; end: number } | null | "unsatisfiable" {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (match === null || (match[1] === "" && match[2] === "")) return null;
  const [, from = "", to = ""] = match;
  if (from === "") {
    const last = Math.min(Number(to), sizeBytes);
    return last === 0 ? "unsatisfiable" : { start: sizeBytes - last, end: sizeBytes - 1 };
  }
  const start = Number(from);
  const end = to === "" ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1);
  if (to !== "" && Number(to) < start) return null;
  return start >= sizeBytes ? "unsatisfiable" : { start, end };
}
