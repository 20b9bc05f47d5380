import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { http } from "@google-cloud/functions-framework";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { vi } from "vitest";
import type { HttpFunction } from "#runtime/http.ts";

export interface ServedFunction {
  readonly url: string;
  stop(): Promise<void>;
}

let lastNumber = 0;

/** Serves a function as the framework does in a deployment, on a free port. */
export async function serveFunction(serve: HttpFunction): Promise<ServedFunction> {
  const name = `served-${++lastNumber}`;
  http(name, serve);
  // As on Cloud Run: otherwise express answers errors of its own with their stack.
  vi.stubEnv("NODE_ENV", "production");
  const server: Server = getTestServer(name);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
