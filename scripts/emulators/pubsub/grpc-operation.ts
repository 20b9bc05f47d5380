import type { MethodDefinition } from "@grpc/grpc-js";
import type { Broker } from "./broker.ts";

/** The half of a protobuf class that reads. */
interface Decoder<Message> {
  decode(bytes: Uint8Array): Message;
}

/** The half of a protobuf class that writes. */
interface Encoder<Message> {
  encode(message: Message): { finish(): Uint8Array };
}

export interface GrpcCall {
  readonly broker: Broker;
  /** Aborts when the client cancels or its deadline passes. */
  readonly signal: AbortSignal;
}

/** One unary method: its wire form and what it does. Throws StatusError. */
export interface GrpcOperation {
  /** `Publish`; faults and counts go by it. */
  readonly name: string;
  readonly definition: MethodDefinition<unknown, unknown>;
  run(request: unknown, call: GrpcCall): unknown;
}

interface OperationSpec<Request, Response> {
  readonly service: "Publisher" | "Subscriber";
  readonly name: string;
  readonly request: Decoder<Request>;
  readonly response: Encoder<Response>;
  run(request: Request, call: GrpcCall): Response | Promise<Response>;
}

/** Builds one entry of the table; inside `run` request and response have their protobuf types. */
export function operation<Request, Response>(spec: OperationSpec<Request, Response>): GrpcOperation {
  const definition = methodDefinition(spec, { streaming: false });
  return { name: spec.name, definition, run: (request, call) => spec.run(request as Request, call) };
}

/** The wire form of a method, from the static protobuf classes that the official client ships. */
export function methodDefinition<Request, Response>(
  spec: Omit<OperationSpec<Request, Response>, "run">,
  { streaming }: { streaming: boolean },
): MethodDefinition<unknown, unknown> {
  const unused = (): never => {
    throw new Error("a server neither writes requests nor reads responses");
  };
  return {
    path: `/google.pubsub.v1.${spec.service}/${spec.name}`,
    requestStream: streaming,
    responseStream: streaming,
    requestDeserialize: (bytes) => spec.request.decode(bytes),
    responseSerialize: (message) => Buffer.from(spec.response.encode(message as Response).finish()),
    requestSerialize: unused,
    responseDeserialize: unused,
  };
}
