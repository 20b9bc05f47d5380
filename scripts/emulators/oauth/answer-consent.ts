/** What the person at the consent page does. */
export interface ConsentAnswer {
  /** E-mail of the account to use; default: the one the page has selected. */
  readonly account?: string;
  /** Boxes left ticked; default: all. Sign-in scopes are granted in any case. */
  readonly scopes?: readonly string[];
  readonly decision?: "approve" | "deny";
  /** Time-bound access: seconds until the refresh token dies. */
  readonly accessSeconds?: number;
}

/**
 * Opens an authorization URL as the person's browser would and answers its form. Returns the address that
 * the browser is sent to next: the client's callback. Throws with the page's text where Google shows an error.
 */
export async function answerConsent(authorizationUrl: string, answer: ConsentAnswer = {}): Promise<string> {
  const asked = await fetch(authorizationUrl, { redirect: "manual" });
  const next = new URL(asked.headers.get("location") ?? "", authorizationUrl);
  // Away from Google without a question: everything was granted before.
  if (next.origin !== new URL(authorizationUrl).origin) return next.href;
  const opened = asked.headers.has("location") ? await fetch(next) : asked;
  const page = await opened.text();
  if (!opened.ok) throw new Error(`the authorization page answered ${opened.status}: ${page}`);
  const ticked = answer.scopes ?? values(page, /name="scope" value="([^"]+)"/g);
  const [request = ""] = values(page, /name="request" value="([^"]+)"/g);
  const [selected = ""] = values(page, /<option value="([^"]+)" selected>/g);
  const form = new URLSearchParams({
    request,
    account: answer.account ?? selected,
    decision: answer.decision ?? "approve",
  });
  for (const scope of ticked) form.append("scope", scope);
  if (answer.accessSeconds !== undefined) form.set("access_seconds", String(answer.accessSeconds));
  const action = new URL("/o/oauth2/v2/auth", authorizationUrl);
  const answered = await fetch(action, { method: "POST", body: form, redirect: "manual" });
  const location = answered.headers.get("location");
  if (location === null) throw new Error(`the consent form answered ${answered.status}: ${await answered.text()}`);
  return location;
}

function values(page: string, pattern: RegExp): string[] {
  return [...page.matchAll(pattern)].map((match) => (match[1] ?? "").replaceAll("&amp;", "&"));
}
