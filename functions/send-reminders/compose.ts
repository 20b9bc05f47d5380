import { shortened, storableText } from "#kernel/text.ts";
import type { Mail } from "#ports/mailer.ts";
import type { DueMessage, MessageBooking } from "#ports/message-store.ts";
import { inWords } from "./time-words.ts";

/** Where a consultant goes to connect Google again. */
export interface MailLinks {
  readonly reconnectUrl: string | undefined;
}

export type Composed =
  | { readonly kind: "mail"; readonly mail: Mail }
  /** The world has moved on since the mail was planned. */
  | { readonly kind: "skip"; readonly reason: string }
  /** It cannot be written, now or later. */
  | { readonly kind: "fail"; readonly reason: string };

const MAX_SUBJECT_LENGTH = 150;
const MAX_NAME_LENGTH = 100;
/** One address and nothing that a mail header or an SMTP command could read as more. */
const ADDRESS = /^[^\s@<>",;:()[\]\\]{1,64}@[^\s@<>",;:()[\]\\]{1,255}$/;

/** Writes a mail from what the row says now, or says why there is none to send. */
export function compose(message: DueMessage, links: MailLinks): Composed {
  if (!ADDRESS.test(message.recipient)) return { kind: "fail", reason: "the address is not a mail address" };
  return message.kind === "confirmation" ? confirmation(message) : reconnect(message, links);
}

function confirmation(message: DueMessage): Composed {
  const { booking } = message;
  const obstacle = whyNotConfirm(message);
  if (obstacle !== null || booking === null) return { kind: "skip", reason: obstacle ?? "the booking is gone" };
  if (!isHttps(message.about)) return { kind: "fail", reason: "the meeting link is no https address" };
  const when = inWords(booking);
  if (when === null) return { kind: "fail", reason: `there is no time zone ${shortened(booking.timeZone, 50)}` };
  const title = oneLine(booking.title ?? booking.serviceName ?? "Your meeting");
  const lines = [
    `Hello ${oneLine(booking.customerName)},`,
    `your meeting is confirmed: ${title}${withWhom(booking)}.`,
    when,
    `Join with Google Meet: ${message.about}`,
  ];
  return mailOf(message, { name: booking.customerName, subject: `Confirmed: ${title}`, lines, link: message.about });
}

function whyNotConfirm({ booking, recipient, about }: DueMessage): string | null {
  if (booking === null) return "the booking is gone";
  if (booking.status !== "confirmed") return `the booking is ${booking.status}`;
  if (booking.isOver) return "the meeting is over";
  if (booking.meetingLink !== about) return "the meeting link has changed";
  return booking.customerEmail?.toLowerCase() === recipient.toLowerCase() ? null : "the customer's address has changed";
}

function reconnect(message: DueMessage, { reconnectUrl }: MailLinks): Composed {
  const { connection } = message;
  if (connection === null) return { kind: "skip", reason: "the consultant is gone" };
  if (connection.state !== "needs_reconnect" || String(connection.tokenVersion) !== message.about) {
    return { kind: "skip", reason: "the consultant has dealt with it" };
  }
  const name = connection.consultantName ?? connection.googleEmail;
  const lines = [
    `Hello ${oneLine(name)},`,
    `the access to your Google account ${oneLine(connection.googleEmail)} has ended. Until you connect it again, your bookings get no calendar event and no Meet link.`,
    reconnectUrl === undefined ? "Sign in and connect Google again." : `Connect Google again: ${reconnectUrl}`,
    "The bookings that wait go on by themselves afterwards.",
  ];
  return mailOf(message, { name, subject: "Connect Google again", lines, link: reconnectUrl });
}

function mailOf(
  { key, recipient }: DueMessage,
  content: {
    readonly name: string;
    readonly subject: string;
    readonly lines: readonly string[];
    readonly link: string | undefined;
  },
): Composed {
  const paragraphs = content.lines.map((line) => `<p>${withLink(line, content.link)}</p>`);
  return {
    kind: "mail",
    mail: {
      key,
      to: { name: shortened(oneLine(content.name), MAX_NAME_LENGTH), address: recipient },
      subject: shortened(oneLine(content.subject), MAX_SUBJECT_LENGTH),
      text: `${content.lines.join("\n\n")}\n`,
      html: `<!doctype html><html lang="en"><body>${paragraphs.join("")}</body></html>`,
    },
  };
}

function withWhom({ consultantName }: MessageBooking): string {
  return consultantName === null ? "" : ` with ${oneLine(consultantName)}`;
}

/** Escaped, with the one link that is ours made clickable. */
function withLink(line: string, link: string | undefined): string {
  if (link === undefined || !line.endsWith(link)) return escaped(line);
  const address = escaped(link);
  return `${escaped(line.slice(0, -link.length))}<a href="${address}">${address}</a>`;
}

/** No line break or other control character: neither headers nor the text's own lines can be made up in a name. */
function oneLine(text: string): string {
  return storableText(text)
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, " ")
    .trim();
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "");

/** No white space either: the parser of addresses drops line breaks, a mail's text would not. */
const isHttps = (text: string): boolean => /^https:\/\/\S+$/.test(text) && URL.canParse(text);
