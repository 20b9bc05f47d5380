import { status } from "@grpc/grpc-js";

/** An answer that Pub/Sub would give instead of a result: a gRPC status code and its message. */
export class StatusError extends Error {
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.name = "StatusError";
    this.code = code;
  }
}

export const invalidArgument = (message: string): StatusError => new StatusError(status.INVALID_ARGUMENT, message);

export const notFound = (resource: string): StatusError =>
  new StatusError(status.NOT_FOUND, `Resource not found (resource=${lastSegment(resource)}).`);

export const alreadyExists = (resource: string): StatusError =>
  new StatusError(status.ALREADY_EXISTS, `Resource already exists in the project (resource=${lastSegment(resource)}).`);

export const failedPrecondition = (message: string): StatusError =>
  new StatusError(status.FAILED_PRECONDITION, message);

export const notImplemented = (what: string): StatusError =>
  new StatusError(status.UNIMPLEMENTED, `The Pub/Sub emulator does not implement ${what}.`);

function lastSegment(resource: string): string {
  return resource.slice(resource.lastIndexOf("/") + 1);
}
