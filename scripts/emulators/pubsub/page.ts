import { invalidArgument } from "./status-error.ts";

const MAX_PAGE_SIZE = 1_000;

/** One page of a list; the token is the position of the next item. */
export function pageOf<Item>(
  items: readonly Item[],
  request: { pageSize?: number | null; pageToken?: string | null },
): { items: Item[]; nextPageToken: string } {
  const size = Math.min(request.pageSize || MAX_PAGE_SIZE, MAX_PAGE_SIZE);
  const start = Number(request.pageToken || 0);
  if (size < 0 || !Number.isInteger(start) || start < 0) throw invalidArgument("Invalid page_size or page_token.");
  const end = start + size;
  return { items: items.slice(start, end), nextPageToken: end < items.length ? String(end) : "" };
}
