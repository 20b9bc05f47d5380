import { invalid } from "../rest/errors.ts";

/** The two parts of a `multipart/related` upload. */
export interface MultipartUpload {
  readonly metadata: unknown;
  readonly contentType: string | undefined;
  readonly content: Buffer;
}

/** Splits the body of an `uploadType=multipart` request: JSON metadata, then the bytes (RFC 2387). Throws 400. */
export function parseMultipartRelated(contentType: string, body: Buffer): MultipartUpload {
  const boundary = /^multipart\/related;.*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)?.slice(1).find(Boolean);
  if (boundary === undefined) throw invalid("Bad content type. Please use multipart/related with a boundary.");
  const parts = partsOf(body, boundary);
  const [json, media] = parts;
  if (json === undefined || media === undefined || parts.length !== 2) {
    throw invalid("A multipart upload has exactly two parts: metadata and media.");
  }
  try {
    return { metadata: JSON.parse(json.content.toString("utf8")), contentType: media.type, content: media.content };
  } catch {
    throw invalid("Metadata part is not valid JSON.", "parseError");
  }
}

function partsOf(body: Buffer, boundary: string): { type: string | undefined; content: Buffer }[] {
  const parts: { type: string | undefined; content: Buffer }[] = [];
  const opening = `--${boundary}\r\n`;
  const delimiter = `\r\n--${boundary}`;
  let at = body.indexOf(opening);
  while (at !== -1) {
    const headersEnd = body.indexOf("\r\n\r\n", at);
    const end = body.indexOf(delimiter, headersEnd + 2);
    if (headersEnd === -1 || end === -1) throw invalid("The multipart body ends before its closing boundary.");
    const headers = body.toString("latin1", at + opening.length, headersEnd);
    parts.push({
      type: /^content-type:\s*(.+)$/im.exec(headers)?.[1]?.trim(),
      content: body.subarray(headersEnd + 4, end),
    });
    const next = end + 2;
    at = body.subarray(next, next + opening.length).equals(Buffer.from(opening)) ? next : -1;
  }
  return parts;
}
