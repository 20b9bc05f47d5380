import { invalidRequest } from "./oauth-error.ts";

const PREFIX = "https://www.googleapis.com/auth/";

/** Scopes of the APIs that the emulators stand for (developers.google.com/identity/protocols/oauth2/scopes). */
const GRANTABLE = [
  "calendar",
  "calendar.app.created",
  "calendar.calendarlist",
  "calendar.calendarlist.readonly",
  "calendar.events",
  "calendar.events.freebusy",
  "calendar.events.owned",
  "calendar.events.owned.readonly",
  "calendar.events.public.readonly",
  "calendar.events.readonly",
  "calendar.freebusy",
  "calendar.readonly",
  "calendar.settings.readonly",
  "drive.file",
  "drive.meet.readonly",
  "drive.readonly",
  "meetings.space.created",
  "meetings.space.readonly",
  "meetings.space.settings",
].map((name) => `${PREFIX}${name}`);

/** Granted whole or not at all: the consent page shows no box for them. */
const SIGN_IN = new Set(["openid", `${PREFIX}userinfo.email`, `${PREFIX}userinfo.profile`]);
/** Google answers with the long names, whatever was asked. */
const LONG_NAME: Record<string, string> = {
  email: `${PREFIX}userinfo.email`,
  profile: `${PREFIX}userinfo.profile`,
};
const KNOWN = new Set([...GRANTABLE, ...SIGN_IN]);

/** The scopes of a request, in Google's names; refuses unknown ones and an empty list. */
export function parseScopes(scope: string | null): readonly string[] {
  const scopes = (scope ?? "").split(/\s+/).filter((name) => name !== "");
  if (scopes.length === 0) throw invalidRequest("Missing required parameter: scope");
  const long = [...new Set(scopes.map((name) => LONG_NAME[name] ?? name))];
  const unknown = long.filter((name) => !KNOWN.has(name));
  if (unknown.length > 0)
    throw invalidRequest(`Some requested scopes were invalid: ${unknown.join(" ")}`, "invalid_scope");
  return long;
}

export const isSignInScope = (scope: string): boolean => SIGN_IN.has(scope);
export const EMAIL_SCOPE = `${PREFIX}userinfo.email`;
export const PROFILE_SCOPE = `${PREFIX}userinfo.profile`;
