import type { calendar_v3 } from "googleapis/build/src/apis/calendar/index.js";
import type { ConsultantAuth } from "#google/consultant-auth.ts";
import { googleError, httpStatusOf } from "#google/errors.ts";

export interface CalendarOptions {
  readonly auth: ConsultantAuth;
  /** Another address than Google's, without a path: the client drops paths. */
  readonly endpoint?: string | undefined;
}

const REQUEST_TIMEOUT_MS = 20_000;

export interface CalendarRequest<Answer> {
  readonly userId: string;
  /** Statuses that are answers; every other failure is thrown as a verdict. */
  readonly expected: readonly number[];
  readonly send: (api: calendar_v3.Calendar, options: { timeout: number }) => Promise<{ data: Answer }>;
}

/** Sends one request of Calendar v3 with a consultant's own token. */
export type SendCalendarRequest = <Answer>(
  request: CalendarRequest<Answer>,
) => Promise<{ readonly data: Answer } | { readonly status: number }>;

export function makeCalendarRequests({ auth, endpoint }: CalendarOptions): SendCalendarRequest {
  const rootUrl = endpoint === undefined ? {} : { rootUrl: `${endpoint}/` };
  return async ({ userId, expected, send }) => {
    try {
      // Loaded at the first call: google-auth needs it for a consultant who leaves, and starts for all others.
      const { calendar: calendarApi } = await import("googleapis/build/src/apis/calendar/index.js");
      const api = calendarApi({ version: "v3", auth: await auth.clientFor(userId), ...rootUrl });
      return { data: (await send(api, { timeout: REQUEST_TIMEOUT_MS })).data };
    } catch (thrown) {
      const status = httpStatusOf(thrown);
      if (status !== null && expected.includes(status)) return { status };
      throw googleError(thrown, { api: "Calendar", userId });
    }
  };
}
