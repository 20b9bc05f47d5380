import { createServer, type Server, type Socket } from "node:net";

/** How an HTTP/2 connection begins (RFC 9113 section 3.4); anything else is HTTP/1. */
const HTTP2_PREFACE = "PRI ";

export interface Protocols {
  grpc(connection: Socket): void;
  http1(connection: Socket): void;
}

/** Serves gRPC and REST on one port, as Google's own emulator does; resolves with the port. */
export async function listenForBoth(
  { host, port }: { readonly host: string; readonly port: number },
  protocols: Protocols,
): Promise<{ readonly port: number; stop(): void }> {
  const open = new Set<Socket>();
  const server = createServer((connection) => {
    open.add(connection);
    connection.once("close", () => open.delete(connection));
    // Until a server takes it, a connection that breaks is nobody's.
    connection.on("error", () => undefined);
    const hand = (): void => {
      const start: Buffer | null = connection.read();
      // Readable without data: it ended, or its data is still to come.
      if (start === null) return;
      connection.off("readable", hand);
      connection.unshift(start);
      const isHttp2 = start.subarray(0, HTTP2_PREFACE.length).toString("latin1") === HTTP2_PREFACE;
      protocols[isHttp2 ? "grpc" : "http1"](connection);
    };
    connection.on("readable", hand);
  });
  await listening(server, { host, port });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    stop: () => {
      server.close();
      for (const connection of open) connection.destroy();
    },
  };
}

function listening(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
}
