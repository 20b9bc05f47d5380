import { createTransport } from "nodemailer";
import type { Secret } from "#kernel/secret.ts";
import { asError, PermanentError, RetryableError } from "#kernel/verdicts.ts";
import type { Mailer } from "#ports/mailer.ts";

export interface SmtpOptions {
  readonly host: string;
  readonly port: number;
  readonly login?: { readonly user: string; readonly password: Secret };
  /** `Name <address>` or a bare address. */
  readonly from: string;
}

/** RFC 8314: TLS from the first byte. */
const IMPLICIT_TLS_PORT = 465;
const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);
const CONNECT_TIMEOUT_MS = 10_000;
const SOCKET_TIMEOUT_MS = 20_000;

/** Mail over SMTP. TLS is demanded of every server that is not on this machine. */
export function makeSmtpMailer({ host, port, login, from }: SmtpOptions): Mailer {
  const transport = createTransport({
    host,
    port,
    secure: port === IMPLICIT_TLS_PORT,
    requireTLS: port !== IMPLICIT_TLS_PORT && !LOOPBACK.has(host),
    ...(login === undefined ? {} : { auth: { user: login.user, pass: login.password.reveal() } }),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([^@>\s]+)>?\s*$/.exec(from)?.[1] ?? "localhost";
  return {
    send: async ({ key, to, subject, text, html }) => {
      try {
        await transport.sendMail({
          from,
          to,
          subject,
          text,
          html,
          messageId: `<${key}@${domain}>`,
          // RFC 3834: keeps holiday replies and other robots from answering.
          headers: { "Auto-Submitted": "auto-generated" },
        });
      } catch (thrown) {
        throw mailError(asError(thrown));
      }
    },
  };
}

/**
 * Only what the server says about this recipient or this text is final. A refused sender or login, TLS and the
 * network are ours to mend: every mail waits for it.
 */
function mailError(error: Error): Error {
  const { responseCode, command } = error as Error & { responseCode?: number; command?: string };
  const isAboutMail = command === "RCPT TO" || command === "DATA";
  if (!isAboutMail || responseCode === undefined) {
    return new RetryableError(`The mail server did not take the mail (${responseCode ?? command ?? "no answer"}).`, {
      code: "mail_server",
      cause: error,
    });
  }
  return responseCode >= 500
    ? new PermanentError(`The mail server refused the mail (${responseCode}).`, { code: "mail_refused", cause: error })
    : new RetryableError(`The mail server asks to wait (${responseCode}).`, { code: "mail_deferred", cause: error });
}
