import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { type LocalDatabase, startDatabase } from "../../scripts/local/database/start-database.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Answers with the address of the run's Postgres, and starts it for the first who asks. */
    databaseBrokerUrl: string;
  }
}

/**
 * One Postgres per test run, started only when a test file asks for a database: a run of pure unit tests never waits
 * for it. Its `postgres` database carries all migrations and is the template of every test database.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let database: Promise<LocalDatabase> | undefined;
  const broker = createServer(async (_request, response) => {
    database ??= startDatabase();
    const reply = await database.then(
      ({ port }) => ({ status: 200, json: { port } }),
      (error: Error) => ({ status: 500, json: { message: error.message } }),
    );
    response.writeHead(reply.status, { "content-type": "application/json" }).end(JSON.stringify(reply.json));
  });
  await new Promise<void>((resolve) => broker.listen(0, "127.0.0.1", resolve));
  project.provide("databaseBrokerUrl", `http://127.0.0.1:${(broker.address() as AddressInfo).port}`);
  return async () => {
    broker.close();
    broker.closeAllConnections();
    await (await database?.catch(() => undefined))?.stop();
  };
}
