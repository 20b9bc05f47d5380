import { GoogleError, invalid } from "../rest/errors.ts";

/** Parameters that cannot go with a sync token. */
const FORBIDDEN = [
  ...["iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty"],
  ...["timeMin", "timeMax", "updatedMin"],
];
/** Parameters of one page; the others must equal those of the first synchronization. */
const OF_A_PAGE = new Set(["syncToken", "pageToken", "maxResults", "timeMin", "timeMax"]);
/** With these in the first request there is no token to go on from. */
const WITHOUT_TOKEN = ["orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "updatedMin", "iCalUID"];

/** Makes and reads sync tokens; each names the last change its reader has seen. */
export class SyncTokens {
  /** Tokens of an earlier epoch have expired. */
  #epoch = 0;
  /** The newest change when the first page of a list was given, by calendar and parameters. */
  readonly #begun = new Map<string, number>();

  /** As Google does now and then, for reasons of its own: every token given so far answers 410. */
  expireAll(): void {
    this.#epoch += 1;
  }

  /**
   * The token behind the last page of a list, or null where Google gives none. What changes while a list is read page
   * by page comes again with the next one: the token knows what there was when the first page was given.
   */
  of(page: { readonly calendarId: string; readonly newest: number; readonly last: boolean }, query: URLSearchParams) {
    const list = `${page.calendarId}?${constant(query)}`;
    if (!query.has("pageToken")) this.#begun.set(list, page.newest);
    if (!page.last || WITHOUT_TOKEN.some((name) => query.has(name))) return null;
    const seen = this.#begun.get(list) ?? 0;
    return Buffer.from(JSON.stringify([this.#epoch, page.calendarId, seen, constant(query)])).toString("base64url");
  }

  /** The last change that a request's token knows of; null for a request without one. */
  read(calendarId: string, query: URLSearchParams): number | null {
    const token = query.get("syncToken");
    if (token === null) return null;
    const clash = FORBIDDEN.find((name) => query.has(name));
    if (clash !== undefined) throw invalid(`Sync token cannot be used together with ${clash}.`);
    if (query.get("showDeleted") === "false") throw invalid("Sync token cannot be used with showDeleted=false.");
    const [epoch, calendar, change, parameters] = parsed(token);
    if (epoch !== this.#epoch || calendar !== calendarId) {
      throw new GoogleError(410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.");
    }
    if (parameters !== constant(query)) throw invalid("The parameters differ from those of the initial sync.");
    return change;
  }
}

function parsed(token: string): [epoch: number, calendarId: string, change: number, parameters: string] {
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    throw invalid("Invalid sync token value.");
  }
}

/** What must stay as it was. `showDeleted` does not count: a sync shows deleted events whatever was asked first. */
const constant = (query: URLSearchParams): string =>
  [...query]
    .filter(([name]) => !OF_A_PAGE.has(name) && name !== "showDeleted")
    .map((pair) => pair.join("="))
    .sort()
    .join("&");
