const scope = (name: string): string => `https://www.googleapis.com/auth/calendar${name}`;

/** Any of these opens the methods of its kind. */
export const WRITE = ["", ".events", ".events.owned", ".app.created"].map(scope);
export const READ = [
  ...WRITE,
  ...[".readonly", ".events.readonly", ".events.owned.readonly", ".events.freebusy", ".events.public.readonly"].map(
    scope,
  ),
];
export const FREE_BUSY = ["", ".readonly", ".freebusy", ".events.freebusy"].map(scope);
export const CALENDARS = ["", ".readonly"].map(scope);
