import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import type { z } from "zod";
import type { Principal } from "./emulator.ts";

/** One authenticated, screened request. */
export interface Call {
  /** Path parameters, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** Parsed JSON when the operation has a `body` schema, else undefined. */
  readonly body: unknown;
  /** The whole request body; for streaming read `request` instead. */
  rawBody(): Promise<Buffer>;
  readonly request: IncomingMessage;
  /** Null for anonymous operations. */
  readonly principal: Principal | null;
  readonly url: URL;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly bytes?: Uint8Array | Readable;
}

/** One method of an API; the table of operations is all that a server answers. */
export interface Operation<State> {
  /** As Google names it, `events.insert`; faults and counts go by it. */
  readonly name: string;
  readonly method: string;
  /** URLPattern pathname; escape a literal colon (`/v1/subscriptions/:id\\:reactivate`). */
  readonly path: string;
  /** Accepted query parameters; Google's common ones (`alt`, `fields` …) are accepted everywhere. */
  readonly query: readonly string[];
  /** A user's token needs any one of these. */
  readonly scopes?: readonly string[];
  /** No token is asked for, and one that is sent is not looked at. */
  readonly anonymous?: boolean;
  readonly serviceAccounts?: boolean;
  readonly body?: z.ZodType;
  run(call: Call, state: State): Reply | Promise<Reply>;
}

/** `body` and `run` of an operation together, with the body typed by its schema. */
export function withBody<State, Schema extends z.ZodType>(
  schema: Schema,
  run: (body: z.output<Schema>, call: Call, state: State) => Reply | Promise<Reply>,
): Pick<Operation<State>, "body" | "run"> {
  return { body: schema, run: (call, state) => run(call.body as z.output<Schema>, call, state) };
}

export const ok = (json: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status: 200,
  headers,
  json,
});

/** The calling user; operations with `scopes` and without `serviceAccounts` always have one. */
export function userOf(call: Call): Extract<Principal, { kind: "user" }> {
  if (call.principal?.kind !== "user") throw new Error("this operation runs for users only");
  return call.principal;
}
