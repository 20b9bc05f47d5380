/** A consultant's subscription as Google has it. */
export interface MeetingEventSubscription {
  /** `subscriptions/S` */
  readonly name: string;
  readonly active: boolean;
  /** Google's word for why it rests, null while it is active. */
  readonly suspensionReason: string | null;
  readonly expiresAt: Date | null;
}

/** What Google tells us about one consultant's meetings; throws verdicts like the calendar port. */
export interface MeetingEventSubscriptions {
  /** Creates it with the longest life Google gives, or adopts the one that is there already. */
  ensure(userId: string, googleSub: string): Promise<MeetingEventSubscription>;
  /** Null when Google has it no more: an expired subscription is deleted for good. */
  get(userId: string, name: string): Promise<MeetingEventSubscription | null>;
  /** Gives it its longest life again; null when it is gone. */
  renew(userId: string, name: string): Promise<MeetingEventSubscription | null>;
  /** Wakes one that Google has suspended, once its cause is mended; null when it is gone. */
  reactivate(userId: string, name: string): Promise<MeetingEventSubscription | null>;
  /** Gone afterwards, whether or not it was there. */
  remove(userId: string, name: string): Promise<void>;
}
