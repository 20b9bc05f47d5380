import type { Socket } from "node:net";
import type { CallLog } from "../rest/call-log.ts";
import type { FaultList } from "../rest/faults.ts";
import type { Broker } from "./broker.ts";
import { makeGrpcServer } from "./grpc-server.ts";
import { listenForBoth } from "./one-port.ts";
import { publisherOperations } from "./publisher-operations.ts";
import type { PushService } from "./push-service.ts";
import { failedPrecondition, StatusError } from "./status-error.ts";
import type { StreamingPullCall } from "./streaming-pull.ts";
import { StreamingPull } from "./streaming-pull.ts";
import { subscriberOperations, subscriptionNamed } from "./subscriber-operations.ts";
import type { Subscription } from "./subscription.ts";

export interface PubSubApiOptions {
  readonly host: string;
  readonly port: number;
  readonly broker: Broker;
  /** Null: nothing is pushed, and push subscriptions may be pulled. */
  readonly push: PushService | null;
  readonly faults: FaultList;
  readonly calls: CallLog;
  /** Takes the connections that speak HTTP/1: REST comes in by the same port. */
  readonly http1: (connection: Socket) => void;
}

/** Serves Publisher and Subscriber; `stop` breaks every connection. */
export async function startPubSubApi(options: PubSubApiOptions): Promise<{ port: number; stop: () => void }> {
  const { broker, push, ...rest } = options;
  const requirePullable = (subscription: Subscription): void => {
    if (push === null || subscription.queue.settings.push === null) return;
    throw failedPrecondition("This method is not supported for this subscription type.");
  };
  const onCreated = (subscription: Subscription): void => push?.attach(subscription);
  const { host, port, http1, ...common } = rest;
  const grpc = makeGrpcServer({
    ...common,
    broker,
    operations: [...publisherOperations, ...subscriberOperations({ requirePullable, onCreated })],
    onStreamingPull: (call) => serveStream(call, broker, requirePullable),
  });
  const served = await listenForBoth({ host, port }, { grpc: grpc.accept, http1 });
  return {
    port: served.port,
    stop: () => {
      grpc.stop();
      served.stop();
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
