import type { Socket } from "node:net";
import protos from "@google-cloud/pubsub-api/build/protos/protos.js";
import type { handleUnaryCall, MethodDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import type { CallLog } from "../rest/call-log.ts";
import type { Fault, FaultList } from "../rest/faults.ts";
import type { Broker } from "./broker.ts";
import type { GrpcOperation } from "./grpc-operation.ts";
import { methodDefinition } from "./grpc-operation.ts";
import { StatusError } from "./status-error.ts";
import type { StreamingPullCall } from "./streaming-pull.ts";

const { v1 } = protos.google.pubsub;

/** Above Pub/Sub's own 10 MB limit, so that a request beyond it is refused in Pub/Sub's words. */
const MAX_RECEIVED_BYTES = 20 * 1024 * 1024;

/** HTTP status of a fault -> gRPC status of the answer (googleapis google/rpc/code.proto). */
const GRPC_STATUS: Record<number, status> = {
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  409: status.ALREADY_EXISTS,
  429: status.RESOURCE_EXHAUSTED,
  499: status.CANCELLED,
  500: status.INTERNAL,
  503: status.UNAVAILABLE,
  504: status.DEADLINE_EXCEEDED,
};

export interface GrpcServerOptions {
  readonly broker: Broker;
  readonly operations: readonly GrpcOperation[];
  readonly onStreamingPull: (call: StreamingPullCall) => void;
  readonly faults: FaultList;
  readonly calls: CallLog;
}

export interface GrpcServer {
  /** Serves a connection; the server listens nowhere itself. */
  accept(connection: Socket): void;
  stop(): void;
}

/** Serves the operations without TLS. A method outside the table answers UNIMPLEMENTED. */
export function makeGrpcServer(options: GrpcServerOptions): GrpcServer {
  const server = new Server({ "grpc.max_receive_message_length": MAX_RECEIVED_BYTES });
  const definition: Record<string, MethodDefinition<unknown, unknown>> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const operation of options.operations) {
    definition[operation.name] = operation.definition;
    implementation[operation.name] = unaryHandler(operation, options);
  }
  const spec = {
    service: "Subscriber",
    name: "StreamingPull",
    request: v1.StreamingPullRequest,
    response: v1.StreamingPullResponse,
  } as const;
  definition[spec.name] = methodDefinition(spec, { streaming: true });
  implementation[spec.name] = (call: StreamingPullCall) => options.onStreamingPull(call);
  server.addService(definition, implementation);
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return {
    accept: (connection) => injector.injectConnection(connection),
    stop: () => {
      injector.destroy();
      server.forceShutdown();
    },
  };
}

function unaryHandler(operation: GrpcOperation, options: GrpcServerOptions): handleUnaryCall<unknown, unknown> {
  return (call, callback) => {
    const cancelled = new AbortController();
    call.on("cancelled", () => cancelled.abort());
    answer(operation, options, { request: call.request, signal: cancelled.signal }).then(
      (response) => {
        record(operation, options, 200);
        callback(null, response);
      },
      (thrown: unknown) => {
        const error = asStatusError(thrown);
        record(operation, options, error.code);
        callback({ code: error.code, details: error.message });
      },
    );
  };
}

/** Runs one call under the fault that is meant for it; a dropped call looks like a lost connection to the client. */
async function answer(
  operation: GrpcOperation,
  { broker, faults }: GrpcServerOptions,
  { request, signal }: { request: unknown; signal: AbortSignal },
): Promise<unknown> {
  const fault = faults.take(operation.name);
  if (fault?.kind === "status") throw faultStatus(fault);
  if (fault?.kind === "drop_request") throw new StatusError(status.UNAVAILABLE, "read ECONNRESET");
  if (fault?.kind === "delay") {
    await new Promise<void>((resolve) => broker.clock.after(fault.delayMs ?? 1_000, resolve));
  }
  const response = await operation.run(request, { broker, signal });
  if (fault?.kind === "drop_reply") throw new StatusError(status.UNAVAILABLE, "read ECONNRESET");
  return response;
}

function faultStatus(fault: Fault): StatusError {
  const code = GRPC_STATUS[fault.status ?? 503] ?? status.UNKNOWN;
  return new StatusError(code, fault.reason ?? "The service was unable to fulfill your request.");
}

/** Recorded under 200 or, for a refusal, the gRPC status code. */
function record(operation: GrpcOperation, { calls, broker }: GrpcServerOptions, code: number): void {
  calls.record({ operation: operation.name, status: code, at: broker.clock.now(), principal: null });
}

function asStatusError(thrown: unknown): StatusError {
  if (thrown instanceof StatusError) return thrown;
  return new StatusError(status.INTERNAL, `emulator fault: ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
}
