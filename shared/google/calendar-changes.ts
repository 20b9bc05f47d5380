import { z } from "zod";
import { parseAnswer } from "#google/answer.ts";
import { type CalendarOptions, makeCalendarRequests } from "#google/calendar-requests.ts";
import { RetryableError } from "#kernel/verdicts.ts";
import type { CalendarChanges, CalendarChannels } from "#ports/calendar-changes.ts";

/** Calendar's ceiling for one page. */
const PAGE_SIZE = 2_500;
/** Ids and versions: nothing that a consultant or a guest wrote leaves Google for this. */
const FIELDS = "items(id,etag),nextPageToken,nextSyncToken";
/** A list that does not end is a fault of the other side, not a long list. */
const MAX_PAGES = 2_000;

const eventPage = z.looseObject({
  items: z.array(z.looseObject({ id: z.string(), etag: z.string().default("") })).default([]),
  nextPageToken: z.string().optional(),
  nextSyncToken: z.string().optional(),
});
/** `expiration` is milliseconds since 1970: a text in the client's types, a number in the guide. */
const openedChannel = z.looseObject({ resourceId: z.string(), expiration: z.coerce.number() });

/** What changed in a consultant's calendar, and the channels that tell of it, with the consultant's own token. */
export function makeCalendarChanges(options: CalendarOptions): CalendarChanges & CalendarChannels {
  const request = makeCalendarRequests(options);
  return {
    read: async ({ userId, calendarId }, syncToken, onPage) => {
      const query = { calendarId, maxResults: PAGE_SIZE, fields: FIELDS, ...(syncToken !== null && { syncToken }) };
      let pageToken: string | undefined;
      for (let pages = 0; pages < MAX_PAGES; pages += 1) {
        const answer = await request({
          userId,
          expected: [410],
          send: (api, options) => api.events.list({ ...query, ...(pageToken !== undefined && { pageToken }) }, options),
        });
        if ("status" in answer) return { kind: "token_expired" };
        const { items, nextPageToken, nextSyncToken } = parseAnswer("Calendar", eventPage, answer.data);
        if (items.length > 0) await onPage(items.map(({ id, etag }) => ({ id, etag })));
        if (nextPageToken === undefined) return { kind: "read", syncToken: nextSyncToken ?? null };
        pageToken = nextPageToken;
      }
      throw new RetryableError(`Google Calendar gave ${MAX_PAGES} pages and still another one`, {
        code: "google_endless_list",
      });
    },
    open: async ({ userId, calendarId }, { id, token, address, lifetimeSeconds }) => {
      const params = { ttl: String(Math.ceil(lifetimeSeconds)) };
      const requestBody = { id, type: "web_hook", address, token: token.reveal(), params };
      const answer = await request({
        userId,
        expected: [],
        send: (api, options) => api.events.watch({ calendarId, requestBody }, options),
      });
      const { resourceId, expiration } = parseAnswer("Calendar", openedChannel, "data" in answer ? answer.data : null);
      return { resourceId, expiresAt: new Date(expiration) };
    },
    close: async (userId, { id, resourceId }) => {
      const requestBody = { id, resourceId };
      await request({ userId, expected: [404], send: (api, options) => api.channels.stop({ requestBody }, options) });
    },
  };
}
