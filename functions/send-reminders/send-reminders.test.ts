import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { RetryableError } from "#kernel/verdicts.ts";
import { makeSmtpMailer } from "#mail/smtp-mailer.ts";
import type { Mailer } from "#ports/mailer.ts";
import { workOn } from "#runtime/run-context.ts";
import { makeMessageStore } from "#supabase/message-store.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { scaledClock } from "../../scripts/emulators/rest/emulator.ts";
import { type SmtpSink, startSmtpSink } from "../../scripts/emulators/smtp/start-smtp-sink.ts";
import { makeHandler } from "./handler.ts";

const LINK = "https://meet.google.com/abc-defg-hij";

let database: TestDatabase;
let sink: SmtpSink;
let mailer: Mailer;
let run: () => Promise<unknown>;

beforeAll(async () => {
  database = await openTestDatabase();
  sink = await startSmtpSink({ clock: scaledClock(1) });
  mailer = makeSmtpMailer({ host: sink.host, port: sink.port, from: "Bookings <bookings@example.com>" });
  run = handlerWith(mailer);
  await database.api();
});
afterAll(async () => {
  await sink?.stop();
  await database?.close();
});
beforeEach(async () => {
  sink.reset();
  await database.sql("delete from private.messages");
});

function handlerWith(through: Mailer): () => Promise<unknown> {
  return async () =>
    makeHandler({
      messages: makeMessageStore((await database.api()).service),
      mailer: through,
      links: { reconnectUrl: undefined },
      workOn,
      claimSeconds: 60,
      retrySeconds: 60,
    })();
}

interface Booked {
  readonly id: string;
  readonly userId: string;
}

async function book(customerEmail: string | null = "bo@example.com"): Promise<Booked> {
  const user = await database.createUser();
  const [consultant] = await database.sql<{ id: string }>(
    "insert into public.consultants (user_id, name, email) values ($1, 'Ada', $2) returning id",
    [user.id, user.email],
  );
  const [booking] = await database.sql<{ id: string }>(
    `insert into public.bookings
       (consultant_id, status, title, starts_at, ends_at, time_zone, customer_name, customer_email, notes)
     values ($1, 'confirmed', 'First talk', now() + interval '1 day', now() + interval '25 hours', 'Europe/Berlin',
       'Bo', $2, 'a secret note about the lead') returning id`,
    [consultant?.id, customerEmail],
  );
  return { id: booking?.id ?? "", userId: user.id };
}

const schedule = (id: string, link = LINK) =>
  database.sql("update public.bookings set pipeline_status = 'scheduled', meeting_link = $2 where id = $1", [id, link]);

const connect = (userId: string) =>
  database.sql("select public.connect_google($1, $2, '1//token')", [
    userId,
    JSON.stringify({ sub: "1001", email: "ada@gmail.example", scopes: [] }),
  ]);

const ledger = () =>
  database.sql<{ kind: string; state: string; reason: string | null; attempts: number }>(
    "select kind, state, reason, attempts from private.messages order by created_at",
  );

describe("a booking that gets its link", () => {
  it("is confirmed to the customer once, with the link and without any note", async () => {
    const { id } = await book();
    await schedule(id);
    await run();
    await run();
    const [mail, ...others] = sink.messages();
    expect(others).toEqual([]);
    expect(mail?.to).toEqual(["bo@example.com"]);
    expect(mail?.raw).toContain(LINK);
    expect(mail?.raw).not.toContain("secret note");
    expect(mail?.headers).toMatchObject({ subject: "Confirmed: First talk", "auto-submitted": "auto-generated" });
    expect(await ledger()).toMatchObject([{ kind: "confirmation", state: "sent" }]);
  });

  it("is confirmed once, however often the pipeline works on it", async () => {
    const { id } = await book();
    await schedule(id);
    await database.sql("update public.bookings set starts_at = starts_at + interval '1 minute' where id = $1", [id]);
    await schedule(id);
    await run();
    expect(sink.messages()).toHaveLength(1);
  });

  it("is confirmed again when it gets another link, and the first mail is dropped if it still waits", async () => {
    const { id } = await book();
    await schedule(id);
    await schedule(id, `${LINK}k`);
    await run();
    expect(sink.messages()).toHaveLength(1);
    expect(sink.messages()[0]?.raw).toContain(`${LINK}k`);
    expect((await ledger()).map(({ state }) => state).sort()).toEqual(["sent", "skipped"]);
  });

  it.each([null, "", "  "])("is confirmed to nobody when the customer's address is %j", async (email) => {
    const { id } = await book(email);
    await schedule(id);
    await run();
    expect([sink.messages(), await ledger()]).toEqual([[], []]);
  });

  it("is not confirmed any more once it was cancelled, and the ledger says why", async () => {
    const { id } = await book();
    await schedule(id);
    await database.sql("update public.bookings set status = 'cancelled' where id = $1", [id]);
    await run();
    expect(sink.messages()).toEqual([]);
    expect(await ledger()).toMatchObject([{ state: "skipped", reason: "the booking is cancelled" }]);
    const story = await database.sql<{ explain_booking: string }>("select public.explain_booking($1)", [id]);
    expect(story.some(({ explain_booking }) => explain_booking.includes("mail.confirmation"))).toBe(true);
  });

  it("plans its mail in the transaction that gives it the link, or not at all", async () => {
    const { id } = await book();
    const client = await database.connect();
    await client.query("begin");
    await client.query("update public.bookings set pipeline_status = 'scheduled', meeting_link = 'x' where id = $1", [
      id,
    ]);
    await client.query("rollback");
    expect(await ledger()).toEqual([]);
  });
});

describe("a Google access that ends", () => {
  it("is told to the consultant once for each incident", async () => {
    const { userId } = await book();
    await connect(userId);
    const mark = (version: number) =>
      database.sql("select public.mark_google_connection($1, 'needs_reconnect', 'ended', $2)", [userId, version]);
    await Promise.all(Array.from({ length: 10 }, () => mark(2)));
    await run();
    expect(sink.messages()).toHaveLength(1);
    await connect(userId);
    await mark(4);
    await run();
    expect(sink.messages().map(({ headers }) => headers["subject"])).toEqual(
      Array.from({ length: 2 }, () => "Connect Google again"),
    );
  });

  it("is not told to a consultant who has connected again by then", async () => {
    const { userId } = await book();
    await connect(userId);
    await database.sql("select public.mark_google_connection($1, 'needs_reconnect', 'ended', 2)", [userId]);
    await connect(userId);
    await run();
    expect(sink.messages()).toEqual([]);
  });

  it("is not told when the consultant disconnected on purpose", async () => {
    const { userId } = await book();
    await connect(userId);
    await database.sql("select public.disconnect_google($1)", [userId]);
    expect(await ledger()).toEqual([]);
  });
});

describe("a mail server that does not take a mail", () => {
  const due = () => database.sql("update private.messages set due_at = now(), claimed_until = null");

  it("for a while is asked again later, and the others do not wait", async () => {
    await schedule((await book("later@example.com")).id);
    await schedule((await book("bo@example.com")).id);
    sink.addFault({ kind: "temporary", recipient: "later@example.com" });
    await run();
    expect(sink.messages().map(({ to }) => to[0])).toEqual(["bo@example.com"]);
    expect((await ledger()).map(({ state }) => state).sort()).toEqual(["planned", "sent"]);
    await run();
    expect(sink.messages()).toHaveLength(1);
    await due();
    await run();
    expect(sink.messages()).toHaveLength(2);
  });

  it("for good ends in a failure that a person can see", async () => {
    await schedule((await book("gone@example.com")).id);
    sink.addFault({ kind: "reject_recipient", times: 9 });
    await run();
    const troubled = await database.asRole("service_role")("select state, reason from public.troubled_messages(60)");
    expect(troubled).toEqual([{ state: "failed", reason: "The mail server refused the mail (550)." }]);
  });

  it("at all is left alone until the next run, with nothing lost", async () => {
    for (const email of ["a@example.com", "b@example.com"]) await schedule((await book(email)).id);
    const closed = makeSmtpMailer({ host: "127.0.0.1", port: 9, from: "bookings@example.com" });
    await expect(handlerWith(closed)()).rejects.toMatchObject({ code: "mail_server" });
    expect((await ledger()).map(({ attempts }) => attempts).sort()).toEqual([0, 1]);
    await due();
    await run();
    expect(sink.messages()).toHaveLength(2);
  });

  it("is given up after a bounded number of attempts", async () => {
    await schedule((await book()).id);
    const slow: Mailer = { send: () => Promise.reject(new RetryableError("wait", { code: "mail_deferred" })) };
    for (let tries = 0; tries < 35; tries += 1) {
      await handlerWith(slow)();
      await due();
    }
    expect(await ledger()).toMatchObject([{ state: "failed", attempts: 30 }]);
  });

  it("and dies after taking one makes a repeated mail that mailboxes know by its Message-ID", async () => {
    await schedule((await book()).id);
    sink.addFault({ kind: "drop_after_data" });
    await run().catch(() => undefined);
    await due();
    await run();
    const ids = sink.messages().map(({ headers }) => headers["message-id"]);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });
});

describe("two runs at once", () => {
  it("send each mail once", async () => {
    for (let n = 0; n < 6; n += 1) await schedule((await book(`c${n}@example.com`)).id);
    await Promise.all([run(), run(), run()]);
    expect(
      sink
        .messages()
        .map(({ to }) => to[0])
        .sort(),
    ).toEqual(Array.from({ length: 6 }, (_, n) => `c${n}@example.com`));
  });

  it("and a slow one whose claim has lapsed cannot undo what the other has noted", async () => {
    await schedule((await book()).id);
    const store = makeMessageStore((await database.api()).service);
    const slow = await store.takeDue(60, 30);
    await database.sql("update private.messages set claimed_until = now() - interval '1 second'");
    await run();
    if (slow === null) throw new Error("nothing was due");
    expect(await store.settle(slow, { state: "failed", reason: "late" })).toBe(false);
    expect(await ledger()).toMatchObject([{ state: "sent" }]);
  });
});
