const AUTH = "https://www.googleapis.com/auth/";

/** What a connection cannot do without, and what each is for in the words a consultant reads. */
export const REQUIRED_GOOGLE_SCOPES: Readonly<Record<string, string>> = {
  openid: "know which Google account this is",
  [`${AUTH}userinfo.email`]: "see the account's e-mail address",
  [`${AUTH}calendar.events`]: "add meetings to your calendar",
  [`${AUTH}calendar.freebusy`]: "see when you are busy",
  [`${AUTH}meetings.space.readonly`]: "find the recordings and transcripts of your meetings",
  [`${AUTH}meetings.space.settings`]: "switch on recording for your meetings",
};

/** The recording upgrade: a restricted scope; without it the transcript comes from Meet's own entries. */
export const RECORDING_SCOPE = `${AUTH}drive.meet.readonly`;

/** The scopes to ask for. */
export function wantedScopes(options: { readonly recordings: boolean }): readonly string[] {
  return [...Object.keys(REQUIRED_GOOGLE_SCOPES), ...(options.recordings ? [RECORDING_SCOPE] : [])];
}

/** What the consultant left unticked, in words; empty when all that is required was granted. */
export function missingPermissions(granted: readonly string[]): readonly string[] {
  return Object.entries(REQUIRED_GOOGLE_SCOPES).flatMap(([scope, words]) => (granted.includes(scope) ? [] : [words]));
}
