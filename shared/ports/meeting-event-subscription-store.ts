/** A consultant whose subscription wants a look. */
export interface DueSubscription {
  readonly userId: string;
  readonly googleSub: string;
  /** Null: there is none that we know of. */
  readonly name: string | null;
}

/** What we know of the consultants' subscriptions at Google. */
export interface MeetingEventSubscriptionStore {
  /** False when the consultant has left or changed the account meanwhile. */
  save(
    owner: { readonly userId: string; readonly googleSub: string },
    subscription: { readonly name: string; readonly expiresAt: Date | null },
    checkSeconds: number,
  ): Promise<boolean>;
  /** The next look comes after `firstSeconds`, then after twice that, and so on up to 64 times. */
  noteProblem(
    owner: { readonly userId: string; readonly googleSub: string },
    problem: string,
    firstSeconds: number,
  ): Promise<void>;
  /** Forgets it; its name, when there was one. */
  remove(userId: string): Promise<string | null>;
  /** Hands out due ones, each to one caller for `claimSeconds`. */
  claimDue(limit: number, claimSeconds: number): Promise<readonly DueSubscription[]>;
}
