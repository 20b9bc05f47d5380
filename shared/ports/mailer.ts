/** One mail to one person, ready to go. */
export interface Mail {
  /** Hexadecimal; the same for every attempt, so that a mailbox can tell a repeated mail. */
  readonly key: string;
  readonly to: { readonly name: string; readonly address: string };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export interface Mailer {
  /**
   * Hands a mail to the mail server. Throws `PermanentError` when this mail will never be taken, `RetryableError`
   * with code `mail_deferred` when it may be later, and with code `mail_server` when the server takes none now.
   */
  send(mail: Mail): Promise<void>;
}
