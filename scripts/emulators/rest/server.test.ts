import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Principal } from "./emulator.ts";
import { manualClock } from "./emulator.ts";
import { GoogleError } from "./errors.ts";
import type { FaultInput } from "./faults.ts";
import type { Operation } from "./operation.ts";
import { ok, withBody } from "./operation.ts";
import type { RestServer } from "./server.ts";
import { startRestServer } from "./server.ts";

interface Things {
  names: string[];
}

const principals: Record<string, Principal> = {
  reader: { kind: "user", sub: "1", email: "reader@example.com", scopes: new Set(["things.readonly"]) },
  writer: { kind: "user", sub: "2", email: "writer@example.com", scopes: new Set(["things"]) },
  robot: { kind: "service_account", email: "robot@example.com" },
};

const thing = z.strictObject({ name: z.string(), size: z.int().optional() });
const operations: Operation<Things>[] = [
  {
    name: "things.list",
    method: "GET",
    path: "/v1/things",
    query: ["pageSize"],
    scopes: ["things", "things.readonly"],
    serviceAccounts: true,
    run: (_call, state) => ok({ things: state.names.map((name) => ({ name, size: 1 })), total: state.names.length }),
  },
  {
    name: "things.create",
    method: "POST",
    path: "/v1/things",
    query: [],
    scopes: ["things"],
    ...withBody<Things, typeof thing>(thing, (body, _call, state) => {
      if (state.names.includes(body.name)) throw new GoogleError(409, "duplicate", "Already there");
      state.names.push(body.name);
      return ok(body);
    }),
  },
  {
    name: "things.echo",
    method: "PUT",
    path: "/v1/things/:name\\:echo",
    query: [],
    anonymous: true,
    run: (call) => ({
      status: 200,
      bytes: Readable.from(call.request),
      headers: { "x-name": call.params["name"] ?? "" },
    }),
  },
];

describe("the REST base of the emulators", () => {
  let server: RestServer;
  let state: Things;
  const clock = manualClock(new Date("2026-11-20T10:00:00Z"));

  beforeEach(async () => {
    state = { names: ["first"] };
    const authority = { principalOf: (token: string) => principals[token] ?? null };
    server = await startRestServer({ name: "things", operations, state, authority, clock });
  });
  afterEach(() => server.stop());

  const call = (path: string, init: RequestInit & { as?: string } = {}) =>
    fetch(`${server.url}${path}`, { ...init, headers: init.as ? { authorization: `Bearer ${init.as}` } : {} });
  const fault = (input: FaultInput) =>
    fetch(`${server.url}/emulator/faults`, { method: "POST", body: JSON.stringify(input) });
  const reasonOf = async (response: Response): Promise<string> =>
    ((await response.json()) as { error: { errors: { reason: string }[] } }).error.errors[0]!.reason;

  it("refuses a missing and an unknown token with 401", async () => {
    expect((await call("/v1/things")).status).toBe(401);
    const response = await call("/v1/things", { as: "stranger" });
    expect(response.status).toBe(401);
    expect(await reasonOf(response)).toBe("authError");
  });

  it("refuses a user without the scope, and a service account where users are asked for", async () => {
    const init = { method: "POST", body: JSON.stringify({ name: "x" }) };
    const response = await call("/v1/things", { ...init, as: "reader" });
    expect(response.status).toBe(403);
    expect(await reasonOf(response)).toBe("insufficientPermissions");
    expect((await call("/v1/things", { ...init, as: "robot" })).status).toBe(403);
    expect((await call("/v1/things", { as: "robot" })).status).toBe(200);
  });

  it("refuses unknown query parameters and body fields, and JSON that is none", async () => {
    expect((await call("/v1/things?colour=red", { as: "reader" })).status).toBe(400);
    const post = (body: string) => call("/v1/things", { method: "POST", body, as: "writer" });
    const unknown = await post('{"name":"x","colour":"red"}');
    expect(unknown.status).toBe(400);
    expect(await unknown.text()).toContain('Unknown name \\"colour\\"');
    expect(await reasonOf(await post('{"name":'))).toBe("parseError");
    expect(state.names).toEqual(["first"]);
  });

  it("names what it does not implement", async () => {
    const response = await call("/v1/other", { method: "DELETE", as: "writer" });
    expect(response.status).toBe(501);
    expect(await response.text()).toContain("things emulator does not implement DELETE /v1/other");
  });

  it("answers the selected fields only", async () => {
    const response = await call("/v1/things?fields=things/name", { as: "reader" });
    expect(await response.json()).toEqual({ things: [{ name: "first" }] });
    expect((await call("/v1/things?fields=things(name", { as: "reader" })).status).toBe(400);
  });

  it("streams a request body into an answer", async () => {
    const response = await call("/v1/things/a%2Fb:echo", { method: "PUT", body: "x".repeat(300_000) });
    expect(response.headers.get("x-name")).toBe("a/b");
    expect((await response.text()).length).toBe(300_000);
  });

  it("answers the status of a fault without running, as often as asked", async () => {
    await fault({
      operation: "things.create",
      kind: "status",
      status: 429,
      reason: "rateLimitExceeded",
      retryAfterSeconds: 7,
    });
    const post = () => call("/v1/things", { method: "POST", body: '{"name":"x"}', as: "writer" });
    const limited = await post();
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "7"]);
    expect(state.names).toEqual(["first"]);
    expect((await post()).status).toBe(200);
  });

  it("runs the operation although the reply is dropped, and not when the request is", async () => {
    const post = (name: string) => call("/v1/things", { method: "POST", body: JSON.stringify({ name }), as: "writer" });
    await fault({ operation: "*", kind: "drop_reply" });
    await expect(post("kept")).rejects.toThrow();
    await fault({ operation: "things.create", kind: "drop_request" });
    await expect(post("lost")).rejects.toThrow();
    expect(state.names).toEqual(["first", "kept"]);
  });

  it("cuts an answer short and changes bytes of another", async () => {
    await fault({ operation: "things.list", kind: "truncate", fraction: 0.5 });
    await expect(call("/v1/things", { as: "reader" }).then((response) => response.text())).rejects.toThrow();
    await fault({ operation: "things.list", kind: "corrupt", fraction: 0.1 });
    const whole = await (await call("/v1/things", { as: "robot" })).text();
    expect(() => JSON.parse(whole)).toThrow();
  });

  it("records calls and forgets them on reset", async () => {
    await call("/v1/things", { as: "reader" });
    const calls = await (await fetch(`${server.url}/emulator/calls`)).json();
    expect(calls).toMatchObject({
      counts: { "things.list": 1 },
      calls: [{ status: 200, principal: "reader@example.com" }],
    });
    await fetch(`${server.url}/emulator/reset`, { method: "POST" });
    expect(server.calls.count("things.list")).toBe(0);
  });
});

describe("the manual clock", () => {
  it("runs what becomes due in order, including what is added on the way", () => {
    const clock = manualClock(new Date(0));
    const ran: string[] = [];
    clock.after(20, () => ran.push(`b@${clock.now().getTime()}`));
    clock.after(10, () => clock.after(5, () => ran.push(`a@${clock.now().getTime()}`)));
    const cancel = clock.after(12, () => ran.push("cancelled"));
    cancel();
    clock.advance(30);
    expect(ran).toEqual(["a@15", "b@20"]);
  });
});
