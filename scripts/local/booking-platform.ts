import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { answerConsent } from "../emulators/oauth/answer-consent.ts";
import type { LocalServices } from "./start-stack.ts";

/** A consultant as the booking platform knows them. */
export interface PlatformConsultant {
  readonly consultantId: string;
  readonly userId: string;
  readonly name: string;
  readonly email: string;
}

export interface NewBooking {
  readonly consultantId: string | null;
  readonly serviceId: string;
  readonly title: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly timeZone: string;
  readonly customerName: string;
  readonly customerEmail: string | null;
}

const CONNECT_TRIES = 10;
const CONNECT_PAUSE_MS = 500;

/** The statement a booking platform runs; the README shows the same. */
export const INSERT_BOOKING = `insert into public.bookings
  (service_id, consultant_id, status, title, starts_at, ends_at, time_zone, customer_name, customer_email)
values ($1, $2, 'confirmed', $3, $4, $5, $6, $7, $8)
returning id`;

type PlatformStack = Pick<LocalServices, "addresses" | "google" | "supabase" | "functionUrl">;

/** Plays the booking platform and the people around it on a local stack: SQL and browsers, nothing of ours. */
export class BookingPlatform {
  readonly #stack: PlatformStack;
  readonly #pool: pg.Pool;

  constructor(stack: PlatformStack) {
    this.#stack = stack;
    this.#pool = new pg.Pool({ connectionString: stack.addresses.databaseUrl, max: 3 });
    // A backend that is killed is replaced; the statement that ran on it is the caller's to repeat.
    this.#pool.on("error", () => undefined);
  }

  async rows<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#pool.query<Row>(text, [...values])).rows;
  }

  /** A service whose meetings are recorded. */
  async createService(name: string): Promise<string> {
    const id = randomUUID();
    await this.rows("insert into public.services (id, name, meeting_settings) values ($1, $2, $3)", [
      id,
      name,
      { autoRecording: true },
    ]);
    return id;
  }

  /** A user of the platform who is a consultant and has a Google account of the same address, not yet connected. */
  async createConsultant(
    name: string,
    email = `${randomUUID().slice(0, 8)}@consulting.example`,
  ): Promise<PlatformConsultant> {
    const { supabaseUrl, supabaseSecretKey } = this.#stack.addresses;
    const answer = await fetch(`${supabaseUrl}/auth/v1/admin/users`, {
      method: "POST",
      headers: { apikey: supabaseSecretKey, "content-type": "application/json" },
      body: JSON.stringify({ email, password: randomUUID(), email_confirm: true }),
    });
    if (!answer.ok) throw new Error(`the platform could not create a user: ${answer.status} ${await answer.text()}`);
    const { id: userId } = (await answer.json()) as { id: string };
    const consultantId = randomUUID();
    await this.rows("insert into public.consultants (id, user_id, name, email) values ($1, $2, $3, $4)", [
      consultantId,
      userId,
      name,
      email,
    ]);
    this.#stack.google.createAccount({ email, name });
    return { consultantId, userId, name, email };
  }

  /** Connects as a person does: who meets an error page, or no page at all, tries again after a moment. */
  async connectGoogle(consultant: PlatformConsultant): Promise<string> {
    for (let left = CONNECT_TRIES; ; left -= 1) {
      try {
        return await this.#connectOnce(consultant);
      } catch (error) {
        if (left <= 1) throw error;
        await delay(CONNECT_PAUSE_MS);
      }
    }
  }

  /** The consultant's browser: connect, consent at Google, callback. Returns the page they end on. */
  async #connectOnce(consultant: PlatformConsultant): Promise<string> {
    const session = await this.#stack.supabase.mintUserJwt(consultant.userId, consultant.email);
    const headers = { authorization: `Bearer ${session}` };
    const connectUrl = `${this.#stack.functionUrl("google-auth")}/connect`;
    const begun = await fetch(connectUrl, { headers, redirect: "manual" });
    const consentUrl = begun.headers.get("location");
    const cookie = begun.headers.getSetCookie()[0]?.split(";")[0];
    if (consentUrl === null || cookie === undefined) throw new Error(`connect answered ${begun.status}`);
    const callback = await fetch(await answerConsent(consentUrl, { account: consultant.email }), {
      headers: { cookie },
      redirect: "manual",
    });
    const page = await callback.text();
    if (callback.status >= 400) throw new Error(`the callback answered ${callback.status}`);
    return page;
  }

  async insertBooking(booking: NewBooking): Promise<string> {
    const values = [booking.serviceId, booking.consultantId, booking.title, booking.startsAt, booking.endsAt];
    const more = [booking.timeZone, booking.customerName, booking.customerEmail];
    const [row] = await this.rows<{ id: string }>(INSERT_BOOKING, [...values, ...more]);
    if (row === undefined) throw new Error("the insert returned no booking");
    return row.id;
  }

  async booking(id: string): Promise<BookingRow> {
    const [row] = await this.rows<{ booking: BookingRow }>(
      "select to_jsonb(b) as booking from public.bookings b where id = $1",
      [id],
    );
    if (row === undefined) throw new Error(`there is no booking ${id}`);
    return row.booking;
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

/** A booking row as Postgres prints it. */
export interface BookingRow {
  readonly id: string;
  readonly pipeline_status: string | null;
  readonly pipeline_reason: string | null;
  readonly google_calendar_event_id: string | null;
  readonly google_calendar_link: string | null;
  readonly meeting_link: string | null;
  readonly meeting_id: string | null;
  readonly meeting_recording_url: string | null;
  readonly meeting_transcript: string | null;
  readonly ai_insights: Readonly<Record<string, unknown>> | null;
  readonly [column: string]: unknown;
}
