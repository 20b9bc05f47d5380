/** Workspace edition of an account: decides what Meet may record. */
export const editions = ["business_starter", "business_standard", "enterprise_plus", "personal"] as const;
export type Edition = (typeof editions)[number];

/** A person with a Google account. */
export interface Account {
  readonly email: string;
  readonly name: string;
  /** Google's numeric user id, as text. */
  readonly sub: string;
  readonly edition: Edition;
}

export interface NewAccount {
  readonly email: string;
  readonly name: string;
  readonly sub?: string;
  readonly edition?: Edition;
}

/** Accounts by e-mail; the first one, or the one chosen, answers a request without a login hint. */
export class AccountDirectory {
  readonly #accounts = new Map<string, Account>();
  #default: string | null = null;
  #created = 0;

  /** Creates an account, or changes the one with this e-mail. */
  create({ email, name, sub, edition = "business_standard" }: NewAccount): Account {
    const key = email.toLowerCase();
    const known = this.#accounts.get(key);
    this.#created += 1;
    // 21 digits, as Google's are.
    const newSub = `1${String(this.#created).padStart(20, "0")}`;
    const account: Account = { email, name, sub: sub ?? known?.sub ?? newSub, edition };
    this.#accounts.set(key, account);
    return account;
  }

  byEmail(email: string): Account | null {
    return this.#accounts.get(email.toLowerCase()) ?? null;
  }

  bySub(sub: string): Account | null {
    return this.list().find((account) => account.sub === sub) ?? null;
  }

  list(): readonly Account[] {
    return [...this.#accounts.values()];
  }

  setDefault(email: string): void {
    this.#default = email;
  }

  default(): Account | null {
    return (this.#default === null ? null : this.byEmail(this.#default)) ?? this.list()[0] ?? null;
  }

  clear(): void {
    this.#accounts.clear();
    this.#default = null;
  }
}
