import type { Account } from "./account-directory.ts";
import type { AuthorizationRequest } from "./authorization-request.ts";
import type { OAuthError } from "./oauth-error.ts";
import { isSignInScope } from "./scopes.ts";

export interface ConsentPage {
  /** Names the waiting request; the form sends it back. */
  readonly requestId: string;
  readonly request: AuthorizationRequest;
  readonly accounts: readonly Account[];
  readonly selected: Account | null;
}

/** The page that asks: one account, one box per scope, two buttons. */
export function renderConsentPage({ requestId, request, accounts, selected }: ConsentPage): string {
  const options = accounts.map(({ email, name }) => {
    const chosen = email === selected?.email ? " selected" : "";
    return `<option value="${escapeHtml(email)}"${chosen}>${escapeHtml(name)} (${escapeHtml(email)})</option>`;
  });
  const boxes = request.scopes
    .filter((scope) => !isSignInScope(scope))
    .map((scope) => {
      const value = escapeHtml(scope);
      return `<label><input type="checkbox" name="scope" value="${value}" checked> ${value}</label><br>`;
    });
  return page(
    "Sign in - Google Accounts (emulator)",
    `<h1>${escapeHtml(request.clientId)} wants to access your Google Account</h1>
<form method="post" action="/o/oauth2/v2/auth">
<input type="hidden" name="request" value="${escapeHtml(requestId)}">
<p><label>Account <select name="account">${options.join("")}</select></label></p>
<p>${boxes.join("\n")}</p>
<button name="decision" value="approve">Continue</button>
<button name="decision" value="deny">Cancel</button>
</form>`,
  );
}

/** What accounts.google.com shows instead of redirecting when the request itself cannot be trusted. */
export function renderErrorPage(error: OAuthError): string {
  const heading = `<h1>Access blocked: Authorization Error</h1>`;
  return page("Error", `${heading}<p>${escapeHtml(error.message)}</p><p>Error ${error.status}: ${error.code}</p>`);
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body>
${body}
</body></html>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
