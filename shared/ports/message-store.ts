/** What a due mail is about, read at the moment of sending. */
export interface DueMessage {
  readonly key: string;
  /** 1 for the first attempt; also the fence: a later attempt makes this one's result void. */
  readonly attempt: number;
  readonly kind: "confirmation" | "reconnect_google";
  readonly recipient: string;
  /** confirmation: the link that was to be told; reconnect_google: the version of the lost token. */
  readonly about: string;
  /** Null for a mail about no booking, or when the booking is gone. */
  readonly booking: MessageBooking | null;
  readonly connection: MessageConnection | null;
}

export interface MessageBooking {
  /** Absent from a database one release older. */
  readonly id?: string;
  readonly status: string;
  readonly title: string | null;
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** The booking's own IANA zone. */
  readonly timeZone: string;
  readonly customerName: string;
  readonly customerEmail: string | null;
  readonly meetingLink: string | null;
  /** By the database's clock. */
  readonly isOver: boolean;
  readonly serviceName: string | null;
  readonly consultantName: string | null;
}

export interface MessageConnection {
  readonly state: string;
  readonly tokenVersion: number;
  readonly googleEmail: string;
  readonly consultantName: string | null;
}

export type MessageResult =
  | { readonly state: "sent" }
  | { readonly state: "skipped"; readonly reason: string }
  | { readonly state: "failed"; readonly reason: string }
  /** Once more, after this time. */
  | { readonly state: "planned"; readonly reason: string; readonly retrySeconds: number };

/** The mail ledger. */
export interface MessageStore {
  /** The mail that has been due the longest, ours alone for `claimSeconds`; null when nothing is due. */
  takeDue(claimSeconds: number, maxAttempts: number): Promise<DueMessage | null>;
  /** False when another attempt has taken over. */
  settle(message: Pick<DueMessage, "key" | "attempt">, result: MessageResult): Promise<boolean>;
}
