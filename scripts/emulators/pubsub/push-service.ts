import type { EmulatorClock } from "../rest/emulator.ts";
import type { MintIdToken } from "./push-delivery.ts";
import { PushDelivery } from "./push-delivery.ts";
import { createPushAgents } from "./push-request.ts";
import type { Subscription } from "./subscription.ts";

/** Pushes for whatever subscription is attached; null in its place means an emulator that never pushes. */
export interface PushService {
  attach(subscription: Subscription): void;
  /** Closes the connections that are kept alive between pushes. */
  stop(): void;
}

export function createPushService(deps: { clock: EmulatorClock; mintIdToken: MintIdToken | null }): PushService {
  const agents = createPushAgents();
  return {
    attach: (subscription) => void subscription.attach(new PushDelivery(subscription, { ...deps, agents })),
    stop() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}
