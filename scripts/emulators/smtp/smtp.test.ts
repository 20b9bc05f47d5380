import type { Transporter } from "nodemailer";
import { createTransport } from "nodemailer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { scaledClock } from "../rest/emulator.ts";
import type { SmtpSink, SmtpSinkOptions } from "./start-smtp-sink.ts";
import { startSmtpSink } from "./start-smtp-sink.ts";

describe("the SMTP sink", () => {
  let sink: SmtpSink;
  let transport: Transporter;

  async function start(options: Partial<SmtpSinkOptions> = {}, auth?: { user: string; pass: string }): Promise<void> {
    sink = await startSmtpSink({ clock: scaledClock(1), ...options });
    transport = createTransport({ host: sink.host, port: sink.port, secure: false, ...(auth ? { auth } : {}) });
  }

  const send = (to: string, subject = "Your meeting") =>
    transport.sendMail({ from: "Bookings <bookings@example.com>", to, subject, text: "See you there." });

  beforeEach(() => start());

  afterEach(async () => {
    transport.close();
    await sink.stop();
  });

  it("keeps envelope, headers and the raw message", async () => {
    const waiting = sink.nextMessage({ to: "GUEST@example.com" });
    await send("guest@example.com");
    const mail = await waiting;
    expect(mail).toMatchObject({ number: 1, from: "bookings@example.com", to: ["guest@example.com"], user: null });
    expect(mail.headers).toMatchObject({ subject: "Your meeting", from: "Bookings <bookings@example.com>" });
    expect(mail.raw).toContain("See you there.");
    expect(sink.messages({ after: 1 })).toEqual([]);
  });

  it("rejects, defers and drops on request", async () => {
    sink.addFault({ kind: "reject_recipient", recipient: "gone@example.com" });
    sink.addFault({ kind: "temporary" });
    sink.addFault({ kind: "drop_after_data" });
    await expect(send("guest@example.com")).rejects.toMatchObject({ responseCode: 451 });
    await expect(send("gone@example.com")).rejects.toMatchObject({ responseCode: 550 });
    await expect(send("guest@example.com")).rejects.toThrow();
    expect(sink.messages()).toHaveLength(1);
    await send("guest@example.com");
    expect(sink.messages()).toHaveLength(2);
  });

  it("lets in only who logs in when it has credentials", async () => {
    await sink.stop();
    const auth = { user: "mailer", pass: "secret" };
    await start({ auth });
    await expect(send("guest@example.com")).rejects.toMatchObject({ responseCode: 530 });
    await sink.stop();
    await start({ auth }, { user: "mailer", pass: "wrong" });
    await expect(send("guest@example.com")).rejects.toMatchObject({ responseCode: 535 });
    await sink.stop();
    await start({ auth }, auth);
    await send("guest@example.com");
    expect(sink.messages()).toMatchObject([{ user: "mailer" }]);
  });

  it("is controlled over HTTP", async () => {
    const next = fetch(`${sink.url}/emulator/messages/next?to=guest@example.com`);
    await send("guest@example.com");
    expect(await (await next).json()).toMatchObject({ number: 1 });
    expect((await fetch(`${sink.url}/emulator/messages/next?after=1&timeoutMs=5`)).status).toBe(504);
    const body = JSON.stringify({ kind: "temporary" });
    await fetch(`${sink.url}/emulator/mail-faults`, { method: "POST", body });
    await expect(send("guest@example.com")).rejects.toMatchObject({ responseCode: 451 });
    await fetch(`${sink.url}/emulator/reset`, { method: "POST" });
    const listed = await fetch(`${sink.url}/emulator/messages`);
    expect(await listed.json()).toEqual({ messages: [] });
  });
});
