import { invalidRequest, OAuthError } from "./oauth-error.ts";

/** Field numbers of the protobuf message that Google puts into `authError`, as seen in its addresses. */
const CODE_FIELD = 1;
const MESSAGE_FIELD = 2;
const STATUS_FIELD = 4;

/** `authError` of accounts.google.com: a base64 protobuf of the code, what a person reads, and the HTTP status. */
export function encodeAuthError({ code, message, status }: OAuthError): string {
  const text = (field: number, value: string): Buffer => {
    const bytes = Buffer.from(value);
    return Buffer.concat([Buffer.from([(field << 3) | 2]), varint(bytes.length), bytes]);
  };
  const parts = [
    text(CODE_FIELD, code),
    text(MESSAGE_FIELD, message),
    Buffer.from([STATUS_FIELD << 3]),
    varint(status),
  ];
  return Buffer.concat(parts).toString("base64");
}

/** What `encodeAuthError` made; anything else is an `invalid_request`. */
export function decodeAuthError(text: string): OAuthError {
  const bytes = Buffer.from(text, "base64");
  const fields = new Map<number, string | number>();
  for (let at = 0; at < bytes.length; ) {
    const field = (bytes[at] ?? 0) >> 3;
    const isText = ((bytes[at] ?? 0) & 7) === 2;
    const { value, next } = readVarint(bytes, at + 1);
    fields.set(field, isText ? bytes.toString("utf8", next, next + value) : value);
    at = isText ? next + value : next;
  }
  const [code, message, status] = [CODE_FIELD, MESSAGE_FIELD, STATUS_FIELD].map((field) => fields.get(field));
  if (typeof code !== "string" || typeof message !== "string") return invalidRequest("Invalid authError");
  return new OAuthError(typeof status === "number" ? status : 400, code, message);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left > 0x7f; left >>>= 7) bytes.push((left & 0x7f) | 0x80);
  return Buffer.from([...bytes, left]);
}

function readVarint(bytes: Buffer, from: number): { value: number; next: number } {
  let value = 0;
  let at = from;
  for (let shift = 0; ; shift += 7, at += 1) {
    const byte = bytes[at] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return { value, next: at + 1 };
  }
}
