import type { Emulator, EmulatorClock } from "../rest/emulator.ts";
import { startRestServer } from "../rest/server.ts";
import { Broker } from "./broker.ts";
import { controlOperations } from "./control-operations.ts";
import { startGrpcServer } from "./grpc-server.ts";
import { publisherOperations } from "./publisher-operations.ts";
import type { PubSubControl } from "./pubsub-control.ts";
import { pubSubControl } from "./pubsub-control.ts";
import type { MintIdToken } from "./push-delivery.ts";
import { PushDelivery } from "./push-delivery.ts";
import { createPushAgents } from "./push-request.ts";
import { failedPrecondition, StatusError } from "./status-error.ts";
import type { StreamingPullCall } from "./streaming-pull.ts";
import { StreamingPull } from "./streaming-pull.ts";
import { subscriberOperations, subscriptionNamed } from "./subscriber-operations.ts";
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
  /** Jitter of retries; default Math.random. */
  readonly random?: () => number;
}

/** `url` is the control port; `host` is what goes into PUBSUB_EMULATOR_HOST. */
export interface PubSubEmulator extends Emulator, PubSubControl {
  /** `127.0.0.1:PORT` of the gRPC server. */
  readonly host: string;
}

/** Starts Pub/Sub: gRPC for clients, HTTP for control. `reset()` forgets messages and keeps topics and subscriptions. */
export async function startPubSubEmulator(options: PubSubEmulatorOptions): Promise<PubSubEmulator> {
  const { clock, random = Math.random, push = true, host = "127.0.0.1" } = options;
  const broker = new Broker({ clock, pullClock: options.pullClock ?? clock, random });
  const control = pubSubControl(broker);
  const agents = createPushAgents();
  const mintIdToken = options.mintIdToken ?? null;
  const rest = await startRestServer<PubSubControl>({
    name: "Pub/Sub control",
    port: options.controlPort ?? 0,
    operations: [],
    control: controlOperations,
    state: control,
    authority: { principalOf: () => null },
    clock,
    onReset: () => broker.clearMessages(),
  });
  const requirePullable = (subscription: Subscription): void => {
    if (!push || subscription.queue.settings.push === null) return;
    throw failedPrecondition("This method is not supported for this subscription type.");
  };
  const hooks = {
    requirePullable,
    onCreated(subscription: Subscription) {
      if (push) subscription.attach(new PushDelivery(subscription, { clock, mintIdToken, agents }));
    },
  };
  const { server, port } = await startGrpcServer({
    host,
    port: options.port ?? 0,
    broker,
    operations: [...publisherOperations, ...subscriberOperations(hooks)],
    onStreamingPull: (call) => serveStream(call, broker, requirePullable),
    faults: rest.faults,
    calls: rest.calls,
  });
  return {
    ...control,
    url: rest.url,
    host: `${host}:${port}`,
    reset: rest.reset,
    async stop() {
      // First the deliveries: it aborts every push under way and cancels every timer.
      for (const subscription of broker.subscriptions()) subscription.queue.clear();
      server.forceShutdown();
      agents.http.destroy();
      agents.https.destroy();
      await rest.stop();
    },
  };
}

/** The first request of a stream names the subscription; later ones carry acks. */
function serveStream(call: StreamingPullCall, broker: Broker, requirePullable: (item: Subscription) => void): void {
  let stream: StreamingPull | null = null;
  let detach = (): void => {};
  call.on("data", (request: Parameters<StreamingPull["receive"]>[0]) => {
    try {
      if (stream === null) {
        const subscription = subscriptionNamed(broker, request.subscription);
        requirePullable(subscription);
        stream = new StreamingPull({ call, clock: broker.pullClock }, subscription, request);
        detach = subscription.attach(stream);
      } else {
        stream.receive(request);
      }
    } catch (thrown) {
      const code = thrown instanceof StatusError ? thrown.code : undefined;
      call.emit("error", Object.assign(new Error(String(thrown)), { code, details: (thrown as Error).message }));
    }
  });
  const close = (): void => {
    detach();
    stream?.close();
  };
  call.on("end", () => {
    close();
    call.end();
  });
  call.on("cancelled", close);
  call.on("error", close);
}
