import type { Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { http } from "@google-cloud/functions-framework";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeFetchFunction } from "./fetch-function.ts";

describe("a router of web requests under the functions framework", () => {
  let server: Server;
  let url: string;

  beforeAll(async () => {
    http(
      "echo",
      makeFetchFunction(async (request) => {
        const { pathname, search, host } = new URL(request.url);
        const headers = new Headers([
          ["set-cookie", "a=1"],
          ["set-cookie", "b=2"],
          ["x-seen", request.headers.get("x-sent") ?? ""],
        ]);
        const body = JSON.stringify({ method: request.method, pathname, search, host, text: await request.text() });
        return new Response(body, { status: 201, headers });
      }),
    );
    server = getTestServer("echo");
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it("passes method, path, query, headers and body, and brings status, headers and every cookie back", async () => {
    const response = await fetch(`${url}/connect?next=%2Fa`, {
      method: "POST",
      headers: { "x-sent": "yes", "content-type": "application/x-www-form-urlencoded" },
      body: "access_token=ä",
    });
    expect([response.status, response.headers.get("x-seen"), response.headers.getSetCookie()]).toEqual([
      201,
      "yes",
      ["a=1", "b=2"],
    ]);
    expect(await response.json()).toEqual({
      method: "POST",
      pathname: "/connect",
      search: "?next=%2Fa",
      host: "function",
      text: "access_token=ä",
    });
  });

  it("takes a path that looks like another host for a path", async () => {
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, "127.0.0.1");
    socket.end("GET //evil.example/callback HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    expect(await text(socket)).toContain('"pathname":"/evil.example/callback","search":"","host":"function"');
  });
});
