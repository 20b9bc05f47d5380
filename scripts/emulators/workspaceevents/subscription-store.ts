import { randomUUID } from "node:crypto";
import type { EmulatorClock } from "../rest/emulator.ts";
import { GoogleError, notFound } from "../rest/errors.ts";
import { type MeetingEvent, participantEventTypes } from "./meeting-event.ts";

const HOUR_MS = 3_600_000;
/** Without resource data a subscription lives at most this long. */
export const MAX_TTL_MS = 7 * 24 * HOUR_MS;
const REMINDERS_MS = [12 * HOUR_MS, HOUR_MS];

/** Puts a message on a topic; throws when there is no such topic. */
export type Publish = (
  topicFullName: string,
  message: { readonly data: Buffer; readonly attributes: Readonly<Record<string, string>> },
) => void;

/** What `create` is asked for, already screened. */
export interface NewSubscription {
  readonly userSub: string;
  readonly targetResource: string;
  readonly eventTypes: readonly string[];
  readonly topic: string;
  readonly ttlMs: number;
}

export interface Subscription extends NewSubscription {
  readonly name: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt: Date;
  readonly state: "ACTIVE" | "SUSPENDED";
  readonly suspensionReason: string | null;
  readonly etag: string;
}

export type SubscriptionChange = Partial<Pick<Subscription, "ttlMs" | "eventTypes" | "state" | "suspensionReason">>;

/** All subscriptions of all users, their clocks and their messages. */
export class SubscriptionStore {
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #timers = new Map<string, (() => void)[]>();
  readonly #clock: EmulatorClock;
  readonly #publish: Publish;

  constructor(clock: EmulatorClock, publish: Publish) {
    this.#clock = clock;
    this.#publish = publish;
  }

  /** What `save` would make of it. Throws 409 when the user has one for this target. */
  created(wanted: NewSubscription): Subscription {
    const twin = this.list(wanted.userSub).find(({ targetResource }) => targetResource === wanted.targetResource);
    if (twin !== undefined) throw new GoogleError(409, "ALREADY_EXISTS", `Subscription already exists: ${twin.name}`);
    const now = this.#clock.now();
    const name = `subscriptions/meet-${wanted.userSub}-${randomUUID().slice(0, 8)}`;
    return {
      ...{ ...wanted, name, createdAt: now, updatedAt: now, expiresAt: this.#expiry(wanted.ttlMs) },
      ...{ state: "ACTIVE", suspensionReason: null, etag: randomUUID() },
    };
  }

  list(userSub: string): readonly Subscription[] {
    return [...this.#subscriptions.values()].filter((subscription) => subscription.userSub === userSub);
  }

  all(): readonly Subscription[] {
    return [...this.#subscriptions.values()];
  }

  /** Somebody else's subscription is as absent as one that never was. */
  get(userSub: string, name: string): Subscription {
    const found = this.#subscriptions.get(name);
    if (found === undefined || found.userSub !== userSub) throw notFound(`Subscription not found: ${name}`);
    return found;
  }

  /** What `save` would make of it; only a new `ttlMs` moves the expiry. */
  changed(found: Subscription, change: SubscriptionChange): Subscription {
    const renewed = change.ttlMs === undefined ? {} : { expiresAt: this.#expiry(change.ttlMs) };
    return { ...found, ...change, ...renewed, updatedAt: this.#clock.now(), etag: randomUUID() };
  }

  save(subscription: Subscription): Subscription {
    const former = this.#subscriptions.get(subscription.name);
    this.#subscriptions.set(subscription.name, subscription);
    if (former?.expiresAt !== subscription.expiresAt) this.#setTimers(subscription);
    return subscription;
  }

  suspend(name: string, suspensionReason: string): void {
    const found = this.#subscriptions.get(name);
    if (found === undefined) throw notFound(`Subscription not found: ${name}`);
    this.save(this.changed(found, { state: "SUSPENDED", suspensionReason }));
    this.#tell(found, "suspended", { suspension_reason: suspensionReason });
  }

  reactivate(found: Subscription): Subscription {
    if (found.state !== "SUSPENDED") {
      throw new GoogleError(400, "FAILED_PRECONDITION", "The subscription is not suspended.", "FAILED_PRECONDITION");
    }
    return this.save(this.changed(found, { state: "ACTIVE", suspensionReason: null }));
  }

  remove(name: string): void {
    this.#cancelTimers(name);
    this.#subscriptions.delete(name);
  }

  clear(): void {
    for (const name of this.#subscriptions.keys()) this.remove(name);
  }

  /** Hands an event to everyone who may hear of it. */
  emit(event: MeetingEvent): void {
    for (const subscription of this.#subscriptions.values()) {
      const owns = subscription.userSub === event.ownerSub;
      const attends = event.participantSubs?.includes(subscription.userSub) === true;
      const hears = owns || (attends && participantEventTypes.has(event.type));
      const targeted =
        subscription.targetResource.endsWith(`/users/${subscription.userSub}`) ||
        subscription.targetResource === `//meet.googleapis.com/${event.space}`;
      if (hears && targeted && subscription.state === "ACTIVE" && subscription.eventTypes.includes(event.type)) {
        this.#report(subscription, event);
      }
    }
  }

  #report(subscription: Subscription, { type, space, payload: data }: MeetingEvent): void {
    if (this.#send(subscription, { type, subject: `//meet.googleapis.com/${space}`, data })) return;
    // The topic is gone, so nobody can be told of the suspension either: only a look at the subscription shows it.
    this.save(this.changed(subscription, { state: "SUSPENDED", suspensionReason: "ENDPOINT_NOT_FOUND" }));
  }

  #expiry(ttlMs: number): Date {
    return new Date(this.#clock.now().getTime() + ttlMs);
  }

  #setTimers(subscription: Subscription): void {
    this.#cancelTimers(subscription.name);
    const reminders = REMINDERS_MS.filter((before) => before < subscription.ttlMs).map((before) =>
      this.#clock.after(subscription.ttlMs - before, () =>
        this.#tell(subscription, "expirationReminder", { expire_time: subscription.expiresAt.toISOString() }),
      ),
    );
    const expiry = this.#clock.after(subscription.ttlMs, () => {
      this.remove(subscription.name);
      this.#tell(subscription, "expired", {});
    });
    this.#timers.set(subscription.name, [...reminders, expiry]);
  }

  #cancelTimers(name: string): void {
    for (const cancel of this.#timers.get(name) ?? []) cancel();
    this.#timers.delete(name);
  }

  /** Lifecycle events go to the same topic and need no subscription to a type. */
  #tell(subscription: Subscription, what: string, more: Readonly<Record<string, string>>): void {
    const type = `google.workspace.events.subscription.v1.${what}`;
    const subject = `//workspaceevents.googleapis.com/${subscription.name}`;
    this.#send(subscription, { type, subject, data: { subscription: { name: subscription.name, ...more } } });
  }

  /** Whether there was a topic to send to. */
  #send(
    { name, topic }: Subscription,
    { type, subject, data }: { readonly type: string; readonly subject: string; readonly data: unknown },
  ): boolean {
    const attributes = {
      "ce-datacontenttype": "application/json",
      "ce-id": randomUUID(),
      "ce-source": `//workspaceevents.googleapis.com/${name}`,
      "ce-specversion": "1.0",
      "ce-subject": subject,
      "ce-time": this.#clock.now().toISOString(),
      "ce-type": type,
    };
    try {
      this.#publish(topic, { data: Buffer.from(JSON.stringify(data)), attributes });
      return true;
    } catch {
      return false;
    }
  }
}
