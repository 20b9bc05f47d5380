import { randomBytes } from "node:crypto";
import type { Principal } from "../rest/emulator.ts";
import type { AuthorizationRequest } from "./authorization-request.ts";

const CODE_LIFETIME_MS = 10 * 60_000;
/** Google answers 3599 for a token of an hour. */
export const ACCESS_TOKEN_SECONDS = 3_599;
/** Live refresh tokens per account and client; one more silently kills the oldest. */
const MAX_REFRESH_TOKENS = 100;
const PRUNE_ABOVE = 10_000;

/** What one user allowed one client. */
export interface Grant {
  readonly sub: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
}

export interface Code {
  readonly grant: Grant;
  readonly request: AuthorizationRequest;
  /** A refresh token comes with the tokens. */
  readonly withRefreshToken: boolean;
  /** Time-bound access: the refresh token dies after this; null for ever. */
  readonly accessSeconds: number | null;
  readonly expiresAtMs: number;
}

export interface RefreshToken {
  readonly grant: Grant;
  readonly expiresAtMs: number | null;
}

export type AccessTokenHolder =
  | { readonly kind: "user"; readonly grant: Grant }
  | { readonly kind: "service_account"; readonly email: string };

export interface AccessToken {
  readonly holder: AccessTokenHolder;
  readonly expiresAtMs: number;
}

/** Codes, tokens and consents. Lifetimes run on unscaled time: clients compute expiry from the machine's clock. */
export class GrantStore {
  readonly #nowMs: () => number;
  readonly #consents = new Map<string, Grant>();
  readonly #codes = new Map<string, Code>();
  readonly #refreshTokens = new Map<string, RefreshToken>();
  readonly #accessTokens = new Map<string, AccessToken>();

  constructor(now: () => Date) {
    this.#nowMs = () => now().getTime();
  }

  /** Everything this user has allowed this client so far; null before the first consent. */
  consent(sub: string, clientId: string): Grant | null {
    return this.#consents.get(`${sub} ${clientId}`) ?? null;
  }

  consents(sub: string): readonly Grant[] {
    return [...this.#consents.values()].filter((grant) => grant.sub === sub);
  }

  addConsent({ sub, clientId, scopes }: Grant): Grant {
    const earlier = this.consent(sub, clientId)?.scopes ?? [];
    const grant = { sub, clientId, scopes: [...new Set([...earlier, ...scopes])] };
    this.#consents.set(`${sub} ${clientId}`, grant);
    return grant;
  }

  issueCode(code: Omit<Code, "expiresAtMs">): string {
    const value = `4/0A${randomText(32)}`;
    this.#codes.set(value, { ...code, expiresAtMs: this.#nowMs() + CODE_LIFETIME_MS });
    return value;
  }

  /** Takes the code: it works once. Null for a used, unknown or expired one. */
  redeemCode(value: string): Code | null {
    const code = this.#codes.get(value);
    this.#codes.delete(value);
    return code === undefined || this.#isPast(code.expiresAtMs) ? null : code;
  }

  issueRefreshToken(grant: Grant, accessSeconds: number | null): string {
    const value = `1//0${randomText(48)}`;
    const expiresAtMs = accessSeconds === null ? null : this.#nowMs() + accessSeconds * 1_000;
    this.#refreshTokens.set(value, { grant, expiresAtMs });
    const live = this.refreshTokensOf(grant);
    for (const oldest of live.slice(0, Math.max(0, live.length - MAX_REFRESH_TOKENS)))
      this.#refreshTokens.delete(oldest);
    return value;
  }

  /** Live refresh tokens of one user and client, oldest first. */
  refreshTokensOf({ sub, clientId }: Pick<Grant, "sub" | "clientId">): readonly string[] {
    const entries = [...this.#refreshTokens].filter(
      ([, { grant }]) => grant.sub === sub && grant.clientId === clientId,
    );
    return entries.filter(([, token]) => !this.#isPast(token.expiresAtMs)).map(([value]) => value);
  }

  refreshToken(value: string): RefreshToken | null {
    const token = this.#refreshTokens.get(value);
    return token === undefined || this.#isPast(token.expiresAtMs) ? null : token;
  }

  issueAccessToken(holder: AccessTokenHolder, lifetimeSeconds = ACCESS_TOKEN_SECONDS): string {
    if (this.#accessTokens.size > PRUNE_ABOVE) this.#prune();
    const value = `ya29.${randomText(64)}`;
    this.#accessTokens.set(value, { holder, expiresAtMs: this.#nowMs() + lifetimeSeconds * 1_000 });
    return value;
  }

  accessToken(value: string): AccessToken | null {
    const token = this.#accessTokens.get(value);
    return token === undefined || this.#isPast(token.expiresAtMs) ? null : token;
  }

  /** The user behind an access or refresh token. */
  userOf(token: string): string | null {
    const refresh = this.refreshToken(token);
    if (refresh !== null) return refresh.grant.sub;
    const access = this.accessToken(token);
    return access?.holder.kind === "user" ? access.holder.grant.sub : null;
  }

  /** Revoking one token ends all that the user gave to the project: every client, consent, code and token. */
  revokeUser(sub: string): void {
    this.expireAccessTokens(sub);
    deleteWhere(this.#consents, (grant) => grant.sub === sub);
    deleteWhere(this.#codes, (code) => code.grant.sub === sub);
    deleteWhere(this.#refreshTokens, (token) => token.grant.sub === sub);
  }

  /** Access tokens die, refresh tokens live: what an hour does. */
  expireAccessTokens(sub: string): void {
    deleteWhere(this.#accessTokens, ({ holder }) => holder.kind === "user" && holder.grant.sub === sub);
  }

  clear(): void {
    for (const map of [this.#consents, this.#codes, this.#refreshTokens, this.#accessTokens]) map.clear();
  }

  #isPast(atMs: number | null): boolean {
    return atMs !== null && atMs <= this.#nowMs();
  }

  #prune(): void {
    deleteWhere(this.#accessTokens, (token) => this.#isPast(token.expiresAtMs));
    deleteWhere(this.#codes, (code) => this.#isPast(code.expiresAtMs));
  }
}

/** The caller that a REST emulator sees behind an access token. */
export function principalOf(holder: AccessTokenHolder, emailOf: (sub: string) => string | null): Principal | null {
  if (holder.kind === "service_account") return holder;
  const { sub, scopes } = holder.grant;
  const email = emailOf(sub);
  return email === null ? null : { kind: "user", sub, email, scopes: new Set(scopes) };
}

function randomText(characters: number): string {
  return randomBytes(characters).toString("base64url").slice(0, characters);
}

function deleteWhere<Value>(map: Map<string, Value>, matches: (value: Value) => boolean): void {
  for (const [key, value] of map) if (matches(value)) map.delete(key);
}
