import { z } from "zod";
import { type Operation, ok, userOf, withBody } from "../rest/operation.ts";
import { ownerOf } from "./calendar-owner.ts";
import { channelRequest } from "./channels.ts";
import type { CalendarOperationsState } from "./operations.ts";
import { READ } from "./scopes.ts";

/** `channels.stop` takes a channel as `events.watch` answered it. */
const stoppedChannel = z.looseObject({ id: z.string(), resourceId: z.string() });

export const watchOperations: readonly Operation<CalendarOperationsState>[] = [
  {
    ...{ name: "events.watch", method: "POST", path: "/calendar/v3/calendars/:calendarId/events/watch" },
    ...{ scopes: READ, query: ["showDeleted", "singleEvents", "maxResults", "eventTypes"] },
    ...withBody<CalendarOperationsState, typeof channelRequest>(channelRequest, (body, call, state) => {
      const { sub, email } = ownerOf(call, state);
      const { id, resourceId, token, expiresAt } = state.channels.open({ sub, calendarId: email }, body);
      const resourceUri = `https://www.googleapis.com/calendar/v3/calendars/${encodeURIComponent(email)}/events?alt=json`;
      const expiration = String(expiresAt.getTime());
      return ok({
        kind: "api#channel",
        id,
        resourceId,
        resourceUri,
        ...(token !== undefined && { token }),
        expiration,
      });
    }),
  },
  {
    ...{ name: "channels.stop", method: "POST", path: "/calendar/v3/channels/stop", scopes: READ, query: [] },
    ...withBody<CalendarOperationsState, typeof stoppedChannel>(stoppedChannel, (body, call, { channels }) => {
      channels.stop(userOf(call).sub, body);
      return { status: 204 };
    }),
  },
];
