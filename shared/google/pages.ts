import { RetryableError } from "#kernel/verdicts.ts";

/** One page of a Google list method. */
export interface Page<Item> {
  readonly items: readonly Item[] | null | undefined;
  readonly nextPageToken: string | null | undefined;
}

/** A list that does not end after this many pages is a fault of the other side, not a long list. */
const MAX_PAGES = 2_000;

/** Every item of a list method; `api` names it in the error when the pages do not end. */
export async function readPages<Item>(
  api: string,
  fetchPage: (pageToken: string | undefined) => Promise<Page<Item>>,
): Promise<Item[]> {
  const items: Item[] = [];
  let pageToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await fetchPage(pageToken);
    for (const item of answer.items ?? []) items.push(item);
    pageToken = answer.nextPageToken || undefined;
    if (pageToken === undefined) return items;
  }
  throw new RetryableError(`Google ${api} gave ${MAX_PAGES} pages and still another one`, {
    code: "google_endless_list",
  });
}
