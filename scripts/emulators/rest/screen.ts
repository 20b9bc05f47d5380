import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import type { Principal, TokenAuthority } from "./emulator.ts";
import { GoogleError, invalid, invalidBody } from "./errors.ts";
import type { Operation } from "./operation.ts";

/** Parameters of every Google API; `$alt` is what gax sends. */
const COMMON_PARAMETERS = new Set(
  ["alt", "fields", "key", "prettyPrint", "quotaUser", "userIp", "access_token", "$.xgafv"].flatMap((name) => [
    name,
    name.startsWith("$") ? name : `$${name}`,
  ]),
);

/** The caller of a request; null without a token. Throws 401 for a token nobody issued, or that has expired. */
export function authenticate(request: IncomingMessage, authority: TokenAuthority): Principal | null {
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (token === undefined) return authority.anonymous ?? null;
  const principal = authority.principalOf(token);
  if (principal === null) throw unauthenticated("Request had invalid authentication credentials.");
  return principal;
}

/** Refuses a caller that Google would refuse: 401 without a token, 403 without a fitting scope. */
export function screenPrincipal<State>(operation: Operation<State>, principal: Principal | null): void {
  if (operation.anonymous === true) return;
  if (principal === null) throw unauthenticated("Request is missing required authentication credential.");
  if (principal.kind === "service_account") {
    if (operation.serviceAccounts === true) return;
    throw new GoogleError(403, "forbidden", `${operation.name} needs a user, not a service account.`);
  }
  const { scopes } = operation;
  if (scopes === undefined && operation.serviceAccounts !== true) return;
  if (scopes?.some((scope) => principal.scopes.has(scope)) === true) return;
  const message = "Request had insufficient authentication scopes.";
  throw new GoogleError(403, "insufficientPermissions", message, "PERMISSION_DENIED");
}

/** Refuses query parameters that the operation does not have. */
export function screenQuery<State>(operation: Operation<State>, query: URLSearchParams): void {
  for (const name of query.keys()) {
    if (COMMON_PARAMETERS.has(name) || operation.query.includes(name)) continue;
    throw invalid(`Invalid JSON payload received. Unknown name "${name}": Cannot bind query parameter.`, "badRequest");
  }
}

/** The JSON body that the operation's schema accepts; an empty body counts as `{}`. */
export async function readBody<State>(operation: Operation<State>, request: IncomingMessage): Promise<unknown> {
  if (operation.body === undefined) return undefined;
  const text = (await buffer(request)).toString("utf8");
  const parsed = operation.body.safeParse(text === "" ? {} : parseJson(text));
  if (!parsed.success) throw invalidBody(parsed.error);
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid("Parse Error", "parseError");
  }
}

function unauthenticated(message: string): GoogleError {
  const error = new GoogleError(401, "authError", message, "UNAUTHENTICATED");
  error.headers = { "www-authenticate": 'Bearer realm="https://accounts.google.com/"' };
  return error;
}
