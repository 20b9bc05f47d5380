import type { Emulator, EmulatorClock, TokenAuthority } from "../rest/emulator.ts";
import { type Permits, PolicyHolder } from "../rest/iam-policy.ts";
import { startRestServer } from "../rest/server.ts";
import { Broker } from "./broker.ts";
import { controlOperations } from "./control-operations.ts";
import { startPubSubApi } from "./pubsub-api.ts";
import type { PubSubControl } from "./pubsub-control.ts";
import { pubSubControl } from "./pubsub-control.ts";
import type { MintIdToken } from "./push-delivery.ts";
import { createPushService } from "./push-service.ts";
import { type PubSubRestState, restOperations } from "./rest-operations.ts";
import { publishOverRest } from "./rest-publish.ts";
import type { Subscription } from "./subscription.ts";

export interface PubSubEmulatorOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** gRPC port; 0 or absent: any free one. */
  readonly port?: number;
  readonly controlPort?: number;
  readonly clock: EmulatorClock;
  /**
   * Measures ack deadlines of pulled messages; default `clock`. Official clients extend leases in real time,
   * so that a much faster clock takes messages away from them before they can.
   */
  readonly pullClock?: EmulatorClock;
  /** Signs the token of a push with `oidcToken`; without it every push of such a subscription fails. */
  readonly mintIdToken?: MintIdToken;
  /** False: never pushes, and lets anyone pull, to stand for an emulator that cannot push. Default true. */
  readonly push?: boolean;
  /** Knows the callers of the REST methods; without it they are refused. gRPC callers are not asked who they are. */
  readonly authority?: TokenAuthority;
  /** Who may use the REST methods, by the project's policy; default nobody. */
  readonly permits?: Permits;
  /** Jitter of retries; default Math.random. */
  readonly random?: () => number;
}

/** `url` is the port of control and of the REST methods; `host` is what goes into PUBSUB_EMULATOR_HOST. */
export interface PubSubEmulator extends Emulator, PubSubControl {
  /** `127.0.0.1:PORT` of the gRPC server. */
  readonly host: string;
  /** Gives a role on `projects/P/topics/T` or `projects/P/subscriptions/S`. */
  grant(resource: string, role: string, member: string): void;
}

/** Starts Pub/Sub: gRPC for clients, HTTP for administrators and for control. `reset()` forgets messages and keeps topics and subscriptions. */
export async function startPubSubEmulator(options: PubSubEmulatorOptions): Promise<PubSubEmulator> {
  const { clock, random = Math.random, host = "127.0.0.1" } = options;
  const broker = new Broker({ clock, pullClock: options.pullClock ?? clock, random });
  const control = pubSubControl(broker);
  const push = options.push === false ? null : createPushService({ clock, mintIdToken: options.mintIdToken ?? null });
  const onCreated = (subscription: Subscription): void => push?.attach(subscription);
  const policies = new Map<string, PolicyHolder>();
  const { permits = () => false, authority = { principalOf: () => null } } = options;
  const rest = await startRestServer<PubSubRestState>({
    name: "Pub/Sub",
    port: options.controlPort ?? 0,
    operations: [...restOperations, publishOverRest],
    control: controlOperations,
    state: { ...control, broker, policies, permits, onCreated },
    authority,
    clock,
    errorShape: "rpc",
    onReset: () => broker.clearMessages(),
  });
  const { faults, calls, accept: http1 } = rest;
  const api = await startPubSubApi({ host, port: options.port ?? 0, broker, push, faults, calls, http1 });
  return {
    ...control,
    url: rest.url,
    host: `${host}:${api.port}`,
    reset: rest.reset,
    grant(resource, role, member) {
      const policy = policies.get(resource) ?? new PolicyHolder();
      policies.set(resource, policy);
      policy.grant(role, member);
    },
    async stop() {
      // First the deliveries: it aborts every push under way and cancels every timer.
      for (const subscription of broker.subscriptions()) subscription.queue.clear();
      api.stop();
      push?.stop();
      await rest.stop();
    },
  };
}
