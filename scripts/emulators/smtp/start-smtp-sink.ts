import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import type { SMTPServerAuthentication, SMTPServerDataStream, SMTPServerSession } from "smtp-server";
import { SMTPServer } from "smtp-server";
import type { Emulator, EmulatorClock } from "../rest/emulator.ts";
import { startRestServer } from "../rest/server.ts";
import type { SmtpControlState } from "./control-operations.ts";
import { controlOperations } from "./control-operations.ts";
import type { MailFaultInput } from "./mail-faults.ts";
import { MailFaultList } from "./mail-faults.ts";
import type { MailFilter, ReceivedMail } from "./mailbox.ts";
import { Mailbox } from "./mailbox.ts";

export interface SmtpSinkOptions {
  /** SMTP port; 0 or absent: any free one. */
  readonly port?: number;
  readonly controlPort?: number;
  readonly clock: EmulatorClock;
  /** With credentials a session must log in; without, AUTH is accepted and not needed. */
  readonly auth?: { readonly user: string; readonly pass: string };
}

/** `url` is the control port; `host` and `port` are where mail goes. */
export interface SmtpSink extends Emulator {
  readonly host: string;
  readonly port: number;
  messages(filter?: MailFilter): readonly ReceivedMail[];
  /** The first mail that matches, now or later; rejects after `timeoutMs` of real time (default 30 s). */
  nextMessage(filter?: MailFilter, timeoutMs?: number): Promise<ReceivedMail>;
  addFault(fault: MailFaultInput): void;
}

/** Starts an SMTP server that delivers nothing and keeps everything. */
export async function startSmtpSink(options: SmtpSinkOptions): Promise<SmtpSink> {
  const mailbox = new Mailbox();
  const faults = new MailFaultList();
  const smtp = createSmtpServer(options, { mailbox, faults });
  await new Promise<void>((resolve, reject) => {
    smtp.server.once("error", reject);
    smtp.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = smtp.server.address() as AddressInfo;
  const rest = await startRestServer<SmtpControlState>({
    name: "SMTP sink control",
    port: options.controlPort ?? 0,
    operations: [],
    control: controlOperations,
    state: { mailbox, faults },
    authority: { principalOf: () => null },
    clock: options.clock,
    onReset: () => {
      mailbox.clear();
      faults.clear();
    },
  });
  return {
    url: rest.url,
    host: "127.0.0.1",
    port,
    messages: (filter) => mailbox.list(filter),
    nextMessage: (filter = {}, timeoutMs = 30_000) => mailbox.next(filter, AbortSignal.timeout(timeoutMs)),
    addFault: (fault) => faults.add(fault),
    reset: rest.reset,
    async stop() {
      await Promise.all([new Promise<void>((resolve) => smtp.close(() => resolve())), rest.stop()]);
    },
  };
}

function createSmtpServer({ auth, clock }: SmtpSinkOptions, { mailbox, faults }: SmtpControlState): SMTPServer {
  const sockets = new Map<number, Socket>();
  const receive = async (stream: SMTPServerDataStream, session: SMTPServerSession): Promise<"taken" | "dropped"> => {
    const raw = await text(stream);
    const to = session.envelope.rcptTo.map((recipient) => recipient.address);
    const { mailFrom } = session.envelope;
    const from = mailFrom === false ? "" : mailFrom.address;
    mailbox.add({ from, to, raw, receivedAt: clock.now().toISOString(), user: session.user ?? null });
    return faults.take(["drop_after_data"], to) === null ? "taken" : "dropped";
  };
  const smtp = new SMTPServer({
    authOptional: auth === undefined,
    // No certificate on the laptop: neither offered nor needed.
    disabledCommands: ["STARTTLS"],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 100,
    onAuth(login, _session, callback) {
      if (isWelcome(login, auth)) callback(null, { user: login.username ?? "" });
      else callback(smtpError(535, "5.7.8 Username and Password not accepted."));
    },
    onRcptTo({ address }, _session, callback) {
      const fault = faults.take(["reject_recipient", "temporary"], [address]);
      if (fault === "reject_recipient") callback(smtpError(550, "5.1.1 The email account does not exist."));
      else if (fault === "temporary") callback(smtpError(451, "4.3.0 Try again later."));
      else callback();
    },
    onData(stream, session, callback) {
      receive(stream, session).then((outcome) => {
        if (outcome === "dropped") sockets.get(session.remotePort)?.destroy();
        else callback();
      }, callback);
    },
  });
  smtp.server.on("connection", (socket: Socket) => {
    const remotePort = socket.remotePort ?? 0;
    sockets.set(remotePort, socket);
    socket.once("close", () => sockets.delete(remotePort));
  });
  // A client that resets its connection is a normal event here.
  smtp.on("error", () => {});
  return smtp;
}

function isWelcome(login: SMTPServerAuthentication, auth: SmtpSinkOptions["auth"]): boolean {
  return auth === undefined || (login.username === auth.user && login.password === auth.pass);
}

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
