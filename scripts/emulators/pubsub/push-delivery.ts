import type { EmulatorClock } from "../rest/emulator.ts";
import type { LeasedDelivery } from "./delivery.ts";
import type { PushAgents, PushResult } from "./push-request.ts";
import { sendPush } from "./push-request.ts";
import type { Consumer, Subscription } from "./subscription.ts";
import type { PushSettings } from "./subscription-settings.ts";

/** Claims of the token that a push carries; the minter adds issuer, subject and times. */
export interface IdTokenClaims {
  readonly email: string;
  readonly audience: string;
}

export type MintIdToken = (claims: IdTokenClaims) => string | Promise<string>;

/** Google's push window starts small, grows with every success and shrinks with every failure. */
const FIRST_WINDOW = 10;
const MAX_WINDOW = 100;

export interface PushDeps {
  readonly clock: EmulatorClock;
  readonly mintIdToken: MintIdToken | null;
  readonly agents: PushAgents;
}

/** Posts the deliveries of one subscription, a bounded number at a time. */
export class PushDelivery implements Consumer {
  readonly #subscription: Subscription;
  readonly #deps: PushDeps;
  #window = FIRST_WINDOW;
  #inFlight = 0;

  constructor(subscription: Subscription, deps: PushDeps) {
    this.#subscription = subscription;
    this.#deps = deps;
  }

  pump(): void {
    const { queue } = this.#subscription;
    const { push, ackDeadlineMs } = queue.settings;
    if (push === null) return;
    while (this.#inFlight < this.#window) {
      const deadline = new AbortController();
      const [delivery] = queue.take(1, {
        leaseMs: ackDeadlineMs,
        clock: this.#deps.clock,
        onEnd: (_leased, end) => {
          if (end !== "acked") deadline.abort(new Error(end));
        },
      });
      if (delivery === undefined) return;
      this.#inFlight += 1;
      void this.#deliver(push, delivery, deadline.signal);
    }
  }

  async #deliver(push: PushSettings, delivery: LeasedDelivery, signal: AbortSignal): Promise<void> {
    const result = await this.#send(push, delivery, signal);
    this.#inFlight -= 1;
    const { queue } = this.#subscription;
    // After the deadline the lease is over, and neither call has any effect.
    if (result.kind === "ack") queue.ack(delivery.ackId);
    else queue.nack(delivery.ackId, result.reason);
    this.#window = result.kind === "ack" ? Math.min(MAX_WINDOW, this.#window + 1) : Math.ceil(this.#window / 2);
    this.pump();
  }

  async #send(push: PushSettings, delivery: LeasedDelivery, signal: AbortSignal): Promise<PushResult> {
    try {
      const idToken = push.oidc === null ? null : await this.#mint(push.oidc);
      const { agents } = this.#deps;
      const { endpoint } = push;
      return await sendPush({ endpoint, subscription: this.#subscription.name, delivery, idToken, signal, agents });
    } catch (thrown) {
      return { kind: "nack", reason: `no ID token: ${String(thrown)}` };
    }
  }

  async #mint(claims: IdTokenClaims): Promise<string> {
    if (this.#deps.mintIdToken === null) throw new Error("the emulator was started without mintIdToken");
    return await this.#deps.mintIdToken(claims);
  }
}
