/** A mail that the sink has taken. */
export interface ReceivedMail {
  /** 1 for the first since start or reset. */
  readonly number: number;
  /** Envelope sender and recipients, not the headers. */
  readonly from: string;
  readonly to: readonly string[];
  /** Headers unfolded, names in lower case; the last of a repeated one. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole message as sent. */
  readonly raw: string;
  readonly receivedAt: string;
  /** User name of an authenticated session. */
  readonly user: string | null;
}

export interface MailFilter {
  /** Envelope recipient, in any case. */
  readonly to?: string;
  /** Only mails with a higher number. */
  readonly after?: number;
}

/** Mails in order of arrival, and those who wait for one. */
export class Mailbox {
  #mails: ReceivedMail[] = [];
  readonly #waiting = new Set<() => void>();

  add(mail: Omit<ReceivedMail, "number" | "headers">): ReceivedMail {
    const received = { ...mail, number: this.#mails.length + 1, headers: parseHeaders(mail.raw) };
    this.#mails.push(received);
    for (const check of [...this.#waiting]) check();
    return received;
  }

  list({ to, after = 0 }: MailFilter = {}): readonly ReceivedMail[] {
    const wanted = to?.toLowerCase();
    return this.#mails.filter(
      (mail) => mail.number > after && (wanted === undefined || mail.to.some((one) => one.toLowerCase() === wanted)),
    );
  }

  /** The first mail that matches, now or later; rejects when the signal aborts. */
  async next(filter: MailFilter, signal: AbortSignal): Promise<ReceivedMail> {
    const { promise, resolve, reject } = Promise.withResolvers<ReceivedMail>();
    const check = (): void => {
      const [found] = this.list(filter);
      if (found !== undefined) resolve(found);
    };
    const abort = (): void => reject(signal.reason as Error);
    this.#waiting.add(check);
    signal.addEventListener("abort", abort, { once: true });
    check();
    try {
      return await promise;
    } finally {
      this.#waiting.delete(check);
      signal.removeEventListener("abort", abort);
    }
  }

  clear(): void {
    this.#mails = [];
  }
}

function parseHeaders(raw: string): Record<string, string> {
  const [head = ""] = raw.split(/\r?\n\r?\n/, 1);
  const lines = head.replaceAll(/\r?\n[ \t]+/g, " ").split(/\r?\n/);
  const pairs = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return Object.fromEntries(pairs);
}
