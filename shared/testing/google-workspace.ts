import { wantedScopes } from "#domain/google-scopes.ts";
import {
  type CalendarEmulator,
  startCalendarEmulator,
} from "../../scripts/emulators/calendar/start-calendar-emulator.ts";
import { type MeetEmulator, startMeetEmulator } from "../../scripts/emulators/meet/start-meet-emulator.ts";
import { answerConsent } from "../../scripts/emulators/oauth/answer-consent.ts";
import { type OAuthEmulator, startOAuthEmulator } from "../../scripts/emulators/oauth/start-oauth-emulator.ts";
import { manualClock } from "../../scripts/emulators/rest/emulator.ts";
import type { Sql } from "./database.ts";

const REDIRECT_URI = "https://auth.example.com/callback";
export const oauthClient = { clientId: "client", clientSecret: "GOCSPX-test-client-secret" } as const;

/** OAuth, Calendar and Meet as a consultant's Workspace has them. */
export interface GoogleWorkspace {
  readonly oauth: OAuthEmulator;
  readonly calendar: CalendarEmulator;
  readonly meet: MeetEmulator;
  /** Lets Google's time go on; it stands still otherwise. */
  advance(ms: number): void;
  /** Forgets accounts, events, spaces, faults and calls. */
  reset(): void;
  stop(): Promise<void>;
}

export async function startGoogleWorkspace(): Promise<GoogleWorkspace> {
  const clock = manualClock(new Date());
  const oauth = await startOAuthEmulator({ clock, clients: [{ ...oauthClient, redirectUris: [REDIRECT_URI] }] });
  const nobody = { emit: () => undefined };
  const noFolder = {
    add: () => {
      throw new Error("no meeting is held in these tests");
    },
  };
  const meet = await startMeetEmulator({ authority: oauth, clock, recordings: noFolder, events: nobody });
  const calendar = await startCalendarEmulator({ authority: oauth, clock, meet });
  const parts = [oauth, meet, calendar];
  return {
    oauth,
    calendar,
    meet,
    advance: (ms) => clock.advance(ms),
    reset: () => {
      for (const part of parts) part.reset();
    },
    stop: async () => {
      await Promise.all(parts.map((part) => part.stop()));
    },
  };
}

export interface TestConsultant {
  /** Of the row in `consultants`. */
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly email: string;
}

export interface NewConsultant {
  readonly name: string;
  readonly email: string;
}

/** A consultant as the platform has them, who has not connected Google. */
export async function insertConsultant(sql: Sql, { name, email }: NewConsultant): Promise<TestConsultant> {
  const login = `${crypto.randomUUID()}@example.com`;
  const [user] = await sql<{ id: string }>("insert into auth.users (email) values ($1) returning id", [login]);
  const [consultant] = await sql<{ id: string }>(
    "insert into public.consultants (user_id, name, email) values ($1, $2, $3) returning id",
    [user!.id, name, email],
  );
  return { id: consultant!.id, userId: user!.id, name, email };
}

export interface ConnectOptions {
  /** Without these permissions. */
  readonly without?: readonly string[];
}

/** The consultant gives consent at Google and the platform keeps the refresh token, which is returned. */
export async function connectGoogle(
  sql: Sql,
  { oauth }: Pick<GoogleWorkspace, "oauth">,
  { consultant, without = [] }: ConnectOptions & { readonly consultant: TestConsultant },
): Promise<string> {
  const { userId, email, name } = consultant;
  const { sub } = oauth.createAccount({ email, name });
  const scopes = wantedScopes({ recordings: true }).filter((scope) => !without.some((end) => scope.endsWith(end)));
  const refreshToken = await consentedToken(oauth, email, scopes);
  const account = JSON.stringify({ sub, email, scopes });
  await sql("select public.connect_google($1, $2, $3)", [userId, account, refreshToken]);
  return refreshToken;
}

async function consentedToken(oauth: OAuthEmulator, email: string, scopes: readonly string[]): Promise<string> {
  const request = { client_id: oauthClient.clientId, redirect_uri: REDIRECT_URI };
  const query = new URLSearchParams({
    ...request,
    ...{ response_type: "code", access_type: "offline", prompt: "consent", scope: scopes.join(" "), state: "s" },
  });
  const callback = await answerConsent(`${oauth.url}/o/oauth2/v2/auth?${query}`, { account: email });
  const code = new URL(callback).searchParams.get("code") ?? "";
  const body = new URLSearchParams({
    ...request,
    ...{ client_secret: oauthClient.clientSecret, grant_type: "authorization_code", code },
  });
  const answer = await fetch(`${oauth.url}/token`, { method: "POST", body });
  const { refresh_token: token } = (await answer.json()) as { refresh_token?: string };
  if (token === undefined) throw new Error(`no refresh token for ${email}: ${answer.status}`);
  return token;
}
