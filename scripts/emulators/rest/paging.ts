import { invalid } from "./errors.ts";

export interface PageLimits {
  /** Page size when the caller names none. */
  readonly standard: number;
  /** Larger requests are reduced to this, as Google does. */
  readonly max: number;
}

/**
 * One page of `items` for `pageSize`/`pageToken` as they came in the query.
 * Throws 400 for a token this base did not make and for a size that is no whole number from 0.
 */
export function pageOf<Item>(
  items: readonly Item[],
  asked: { readonly size: string | null; readonly token: string | null },
  limits: PageLimits,
): { items: Item[]; nextPageToken?: string } {
  const size = Math.min(pageSize(asked.size) || limits.standard, limits.max);
  const from = asked.token === null || asked.token === "" ? 0 : offsetOf(asked.token);
  const page = items.slice(from, from + size);
  const next = from + page.length;
  return next < items.length ? { items: page, nextPageToken: tokenOf(next) } : { items: page };
}

function pageSize(text: string | null): number {
  if (text === null) return 0;
  if (!/^\d{1,9}$/.test(text)) throw invalid(`Invalid value '${text}' for the page size.`);
  return Number(text);
}

function tokenOf(offset: number): string {
  return Buffer.from(`page:${offset}`).toString("base64url");
}

function offsetOf(token: string): number {
  const offset = /^page:(\d+)$/.exec(Buffer.from(token, "base64url").toString())?.[1];
  if (offset === undefined) throw invalid("Invalid page token value.");
  return Number(offset);
}
