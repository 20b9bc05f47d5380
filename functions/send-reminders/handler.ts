import { done, type Outcome } from "#kernel/outcome.ts";
import type { WorkOn } from "#kernel/trace.ts";
import { asError, PermanentError, RetryableError, sentenceOf } from "#kernel/verdicts.ts";
import type { Mailer } from "#ports/mailer.ts";
import type { DueMessage, MessageResult, MessageStore } from "#ports/message-store.ts";
import { compose, type MailLinks } from "./compose.ts";

export interface SendRemindersDeps {
  readonly messages: MessageStore;
  readonly mailer: Mailer;
  readonly links: MailLinks;
  readonly workOn: WorkOn;
  readonly claimSeconds: number;
  /** Pause after the first failure; doubled after each further one, up to 64 times. */
  readonly retrySeconds: number;
}

/** With pauses that double from one minute to 64 these are spread over a day. */
const MAX_ATTEMPTS = 30;
const MAX_DOUBLINGS = 6;
/** One run ends well within the function's timeout; the next minute goes on. */
const MAX_MAILS_PER_RUN = 200;

/**
 * Sends what is due, one at a time: taken, written from the row of that moment, sent, noted. A crash between the last
 * two sends it again under the same Message-ID; losing it would be worse.
 */
export function makeHandler(deps: SendRemindersDeps): () => Promise<Outcome> {
  return async () => {
    const counts = { sent: 0, skipped: 0, failed: 0, planned: 0 };
    for (let taken = 0; taken < MAX_MAILS_PER_RUN; taken += 1) {
      const message = await deps.messages.takeDue(deps.claimSeconds, MAX_ATTEMPTS);
      if (message === null) break;
      const bookingId = message.booking?.id;
      const { result, serverIsDown } = await deps.workOn(bookingId === undefined ? {} : { bookingId }, async () => {
        const tried = await attempt(message, deps);
        await deps.messages.settle(message, tried.result);
        return tried;
      });
      counts[result.state] += 1;
      // The others wait unharmed: they have not been taken.
      if (serverIsDown) throw new RetryableError(reasonOf(result), { code: "mail_server" });
    }
    return done(`${counts.sent} sent, ${counts.skipped} skipped, ${counts.failed} failed, ${counts.planned} deferred`);
  };
}

interface Attempt {
  readonly result: MessageResult;
  readonly serverIsDown: boolean;
}

async function attempt(message: DueMessage, deps: SendRemindersDeps): Promise<Attempt> {
  const composed = compose(message, deps.links);
  if (composed.kind === "skip") return ended({ state: "skipped", reason: composed.reason });
  if (composed.kind === "fail") return ended({ state: "failed", reason: composed.reason });
  try {
    await deps.mailer.send(composed.mail);
    return ended({ state: "sent" });
  } catch (thrown) {
    const error = asError(thrown);
    const serverIsDown = error instanceof RetryableError && error.code === "mail_server";
    return { result: afterFailure(message, error, deps.retrySeconds), serverIsDown };
  }
}

function afterFailure({ attempt: tries }: DueMessage, error: Error, retrySeconds: number): MessageResult {
  const reason = sentenceOf(error);
  if (error instanceof PermanentError) return { state: "failed", reason };
  if (tries >= MAX_ATTEMPTS) return { state: "failed", reason: `${reason} Given up after ${tries} attempts.` };
  return { state: "planned", reason, retrySeconds: retrySeconds * 2 ** Math.min(tries - 1, MAX_DOUBLINGS) };
}

const ended = (result: MessageResult): Attempt => ({ result, serverIsDown: false });
const reasonOf = (result: MessageResult): string => ("reason" in result ? result.reason : "");
