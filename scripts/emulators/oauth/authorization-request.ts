import { invalidClient, invalidRequest } from "./oauth-error.ts";
import { parseScopes } from "./scopes.ts";

/** An OAuth client of type "web application"; all clients belong to one project. */
export interface OAuthClient {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUris: readonly string[];
}

export interface CodeChallenge {
  readonly method: "S256" | "plain";
  readonly value: string;
}

/** A checked authorization request. */
export interface AuthorizationRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string | null;
  readonly nonce: string | null;
  readonly challenge: CodeChallenge | null;
  readonly offline: boolean;
  readonly prompt: ReadonlySet<string>;
  readonly loginHint: string | null;
  /** The new token also covers what was granted before. */
  readonly includeGrantedScopes: boolean;
}

export const AUTHORIZATION_PARAMETERS = [
  "access_type",
  "client_id",
  "code_challenge",
  "code_challenge_method",
  "enable_granular_consent",
  "hd",
  "include_granted_scopes",
  "login_hint",
  "nonce",
  "prompt",
  "redirect_uri",
  "response_type",
  "scope",
  "state",
] as const;

const PROMPTS = new Set(["none", "consent", "select_account"]);

/** Checks a request as accounts.google.com does before it shows anything; OAuthError otherwise. */
export function parseAuthorizationRequest(
  query: URLSearchParams,
  clients: ReadonlyMap<string, OAuthClient>,
): AuthorizationRequest {
  const clientId = required(query, "client_id");
  const client = clients.get(clientId);
  if (client === undefined) throw invalidClient("The OAuth client was not found.");
  const redirectUri = required(query, "redirect_uri");
  if (!client.redirectUris.includes(redirectUri)) {
    throw invalidRequest(`redirect_uri ${redirectUri} is not registered.`, "redirect_uri_mismatch");
  }
  if (required(query, "response_type") !== "code") {
    throw invalidRequest("Only the response type code is implemented.", "unsupported_response_type");
  }
  return {
    clientId,
    redirectUri,
    scopes: parseScopes(query.get("scope")),
    state: query.get("state"),
    nonce: query.get("nonce"),
    challenge: parseChallenge(query),
    offline: oneOf(query, "access_type", ["online", "offline"]) === "offline",
    prompt: parsePrompt(query.get("prompt")),
    loginHint: query.get("login_hint"),
    includeGrantedScopes: oneOf(query, "include_granted_scopes", ["false", "true"]) === "true",
  };
}

function parseChallenge(query: URLSearchParams): CodeChallenge | null {
  const value = query.get("code_challenge");
  const method = oneOf(query, "code_challenge_method", ["plain", "S256"]);
  if (value === null) {
    if (query.has("code_challenge_method")) throw invalidRequest("Missing required parameter: code_challenge");
    return null;
  }
  // RFC 7636 section 4.2: 43 to 128 unreserved characters.
  if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(value)) throw invalidRequest("Invalid parameter value for code_challenge");
  return { method: method === "S256" ? "S256" : "plain", value };
}

function parsePrompt(prompt: string | null): ReadonlySet<string> {
  const values = new Set((prompt ?? "").split(/\s+/).filter((value) => value !== ""));
  const unknown = [...values].filter((value) => !PROMPTS.has(value));
  if (unknown.length > 0) throw invalidRequest(`Invalid parameter value for prompt: ${unknown.join(" ")}`);
  if (values.has("none") && values.size > 1)
    throw invalidRequest("Invalid parameter value for prompt: none stands alone");
  return values;
}

function required(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (value === null || value === "") throw invalidRequest(`Missing required parameter: ${name}`);
  return value;
}

/** The first choice is the default. */
function oneOf(query: URLSearchParams, name: string, choices: readonly string[]): string | undefined {
  const value = query.get(name) ?? choices[0];
  if (value !== undefined && !choices.includes(value))
    throw invalidRequest(`Invalid parameter value for ${name}: ${value}`);
  return value;
}
