import { Readable } from "node:stream";
import { type gaxios, OAuth2Client } from "google-auth-library";
import type { Clock } from "#kernel/clock.ts";
import { Secret } from "#kernel/secret.ts";
import { asError, NeedsReconnectError, RetryableError } from "#kernel/verdicts.ts";
import type { ConsultantToken, ConsultantTokenStore } from "#ports/consultant-token-store.ts";
import { googleError, httpStatusOf } from "./errors.ts";
import { oauthEndpoints } from "./oauth-endpoints.ts";

/** The client that acts for a consultant; every adapter that needs one takes it from here. */
export interface ConsultantAuth {
  /**
   * Reads the stored token on every call, so that a disconnect or another account counts at once; the access token
   * is kept per user and token version. Throws `NeedsReconnectError` when there is nothing usable.
   */
  clientFor(userId: string): Promise<OAuth2Client>;
}

export interface ConsultantAuthOptions {
  readonly tokens: ConsultantTokenStore;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly clock: Clock;
  /** Points the client at an emulator; unset means Google. */
  readonly oauthEndpoint?: string | undefined;
}

/** Clients kept per process; the one that was made first goes first. */
const MAX_CLIENTS = 500;
/** Google answers in well under a second; a token endpoint that hangs must not hold a delivery. */
const REFRESH_TIMEOUT_MS = 15_000;

const UNUSABLE: Readonly<Record<Exclude<ConsultantToken, { kind: "usable" }>["state"], string>> = {
  not_connected: "The consultant has not connected Google yet. Connect Google to go on.",
  needs_reconnect: "The consultant's Google access has ended. Connect Google again.",
  disconnected: "The consultant has disconnected Google. Connect Google again.",
  token_unreadable: "The consultant's stored Google access cannot be read. Connect Google again.",
};

export function makeConsultantAuth(options: ConsultantAuthOptions): ConsultantAuth {
  const kept = new Map<string, ConsultantClient>();
  return {
    clientFor: async (userId) => {
      const token = await options.tokens.read(userId);
      if (token.kind === "unusable") throw await unusable(userId, token, options.tokens);
      const known = kept.get(userId);
      if (known?.tokenVersion === token.tokenVersion) return known;
      const client = new ConsultantClient(options, { userId, ...token });
      kept.delete(userId);
      kept.set(userId, client);
      const [eldest] = kept.keys();
      if (kept.size > MAX_CLIENTS && eldest !== undefined) kept.delete(eldest);
      return client;
    },
  };
}

async function unusable(
  userId: string,
  token: Extract<ConsultantToken, { kind: "unusable" }>,
  tokens: ConsultantTokenStore,
): Promise<Error> {
  const message = UNUSABLE[token.state];
  if (token.state === "token_unreadable" && token.tokenVersion !== null) {
    await tokens.markNeedsReconnect(userId, { reason: message, tokenVersion: token.tokenVersion });
  }
  return new NeedsReconnectError(message, { code: `google_${token.state}`, userId });
}

/** The official client, taught to say `NeedsReconnectError` when the grant is dead and to note it on the connection. */
class ConsultantClient extends OAuth2Client {
  readonly tokenVersion: number;
  readonly #userId: string;
  readonly #tokens: ConsultantTokenStore;
  readonly #clock: Clock;

  constructor(
    { clientId, clientSecret, oauthEndpoint, tokens, clock }: ConsultantAuthOptions,
    grant: { readonly userId: string; readonly refreshToken: Secret; readonly tokenVersion: number },
  ) {
    super({ clientId, clientSecret: clientSecret.reveal(), ...oauthEndpoints(oauthEndpoint) });
    this.setCredentials({ refresh_token: grant.refreshToken.reveal() });
    this.tokenVersion = grant.tokenVersion;
    this.#userId = grant.userId;
    this.#tokens = tokens;
    this.#clock = clock;
  }

  /** Called once for many waiters: the base class shares one refresh per refresh token. */
  protected override async refreshTokenNoCache(
    refreshToken?: string | null,
  ): ReturnType<OAuth2Client["refreshTokenNoCache"]> {
    try {
      const refreshed = await this.#withinTime(super.refreshTokenNoCache(refreshToken));
      await this.#keepRotated(refreshed.tokens.refresh_token, refreshToken);
      return refreshed;
    } catch (thrown) {
      throw await this.#lostOr(googleError(thrown, { api: "sign-in", userId: this.#userId }));
    }
  }

  /** A 401 in the middle of a job is given one fresh access token; a second 401 means that the grant is gone. */
  protected override async requestAsync<T>(
    request: gaxios.GaxiosOptions,
    retried = false,
  ): Promise<gaxios.GaxiosResponse<T>> {
    try {
      // `true` keeps the base class from refreshing on 403, which for Google is a rate limit or a missing right.
      return await super.requestAsync<T>(request, true);
    } catch (thrown) {
      if (httpStatusOf(thrown) !== 401 || isStream(request.data)) throw thrown;
      if (retried) throw await this.#lostOr(googleError(thrown, { api: "sign-in", userId: this.#userId }));
      this.setCredentials({ refresh_token: this.credentials.refresh_token ?? null });
      return this.requestAsync<T>(request, true);
    }
  }

  async #withinTime<T>(work: Promise<T>): Promise<T> {
    const settled = new AbortController();
    const late = this.#clock.wait(REFRESH_TIMEOUT_MS, settled.signal).then(() => {
      throw new RetryableError("Google sign-in did not answer in time.", { code: "google_unavailable" });
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      late.catch(() => undefined);
      settled.abort();
    }
  }

  async #keepRotated(rotated: string | null | undefined, former: string | null | undefined): Promise<void> {
    if (rotated == null || rotated === former) return;
    await this.#tokens.replace(this.#userId, { refreshToken: new Secret(rotated), tokenVersion: this.tokenVersion });
    this.setCredentials({ ...this.credentials, refresh_token: rotated });
  }

  /** Marks the connection when access is lost; one incident is marked once, whoever meets it first. */
  async #lostOr(error: Error): Promise<Error> {
    if (!(error instanceof NeedsReconnectError)) return asError(error);
    await this.#tokens.markNeedsReconnect(this.#userId, { reason: error.message, tokenVersion: this.tokenVersion });
    return error;
  }
}

/** A body that was read once cannot be sent again. */
function isStream(body: unknown): boolean {
  return body instanceof Readable || body instanceof ReadableStream;
}
