/** What Google's authorization endpoint makes of a client and a redirect address. */
export type AuthorizationAnswer =
  | { readonly kind: "accepted" }
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "unclear" };

export interface AuthorizationReply {
  readonly status: number;
  /** The address Google sends the browser to; null without one. */
  readonly location: string | null;
  readonly body: string;
}

/** Where Google sends a browser nobody is signed in with, once client, redirect address and scopes are accepted. */
const SIGN_IN = /^\/(v3\/signin\/|signin\/(?!oauth\/error)|ServiceLogin|AccountChooser|o\/oauth2\/(v2\/)?auth\/)/;
const ERROR_PATH = "/signin/oauth/error";
/** Google may also put the error onto the page itself, with status 200. */
const CODE_ON_PAGE = /data-error-code="([a-z_]{3,40})"|Error \d{3}: ([a-z_]{3,40})/;

/**
 * Good and bad requests are both answered 302: the difference is where to. An error's address carries `authError`, a
 * base64 protobuf whose first field is the code. Whatever is neither is unclear, never good.
 */
export function readAuthorizationReply(reply: AuthorizationReply, origin: string): AuthorizationAnswer {
  if (reply.location === null) {
    const [, attribute, text] = CODE_ON_PAGE.exec(reply.body) ?? [];
    const code = attribute ?? text;
    return code === undefined ? { kind: "unclear" } : { kind: "refused", code };
  }
  const location = URL.parse(reply.location, origin);
  if (location === null || location.origin !== origin) return { kind: "unclear" };
  if (location.pathname === ERROR_PATH)
    return { kind: "refused", code: codeOf(location.searchParams.get("authError")) };
  return SIGN_IN.test(location.pathname) ? { kind: "accepted" } : { kind: "unclear" };
}

/** Tag of field 1, a text: `(1 << 3) | 2`. */
const FIRST_TEXT = 0x0a;

function codeOf(authError: string | null): string {
  // Both alphabets of base64 are read alike.
  const bytes = Buffer.from(authError ?? "", "base64");
  const code = bytes[0] === FIRST_TEXT ? bytes.toString("latin1", 2, 2 + (bytes[1] ?? 0)) : (authError ?? "");
  return /^[a-z_]{3,40}$/.test(code) ? code : "an error without a code";
}
