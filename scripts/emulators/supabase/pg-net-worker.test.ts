import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { type PgNetWorker, startPgNetWorker } from "./pg-net-worker.ts";

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
}

let database: TestDatabase;
let worker: PgNetWorker;
let server: Server;
let target: string;
let received: Received[] = [];
let answer = { status: 200, afterMs: 0 };

beforeAll(async () => {
  database = await openTestDatabase();
  server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    const body = (await request.toArray()).join("");
    received.push({ method, url, contentType: headers["content-type"], body });
    const timer = setTimeout(() => response.writeHead(answer.status).end("answer"), answer.afterMs);
    response.once("close", () => clearTimeout(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(async () => {
  received = [];
  answer = { status: 200, afterMs: 0 };
  worker = await startPgNetWorker({ adminDatabaseUrl: database.urlFor("supabase_admin"), passDelayMs: 1 });
});
afterEach(() => worker.stop());
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await database.close();
});

const post = (path = "/") =>
  database.sql<{ id: string }>("select net.http_post($1, $2) as id", [target + path, { a: 1 }]);
const responseOf = async (id: string | undefined) =>
  (await database.sql("select status_code, timed_out, error_msg from net._http_response where id = $1", [id]))[0];

describe("net.http_post", () => {
  it("sends after commit and keeps the answer", async () => {
    const [row] = await post("/ping?x=1");
    await worker.idle();
    expect(received).toEqual([{ method: "POST", url: "/ping?x=1", contentType: "application/json", body: '{"a": 1}' }]);
    expect(await responseOf(row?.id)).toEqual({ status_code: 200, timed_out: false, error_msg: null });
  });

  it("sends nothing when the transaction is rolled back, and nothing before its commit", async () => {
    const client = await database.connect();
    await client.query("begin");
    await client.query("select net.http_post($1)", [target]);
    await worker.idle();
    expect(received).toEqual([]);
    await client.query("rollback");
    await worker.idle();
    expect(received).toEqual([]);
  });

  it("does not retry: a 500 is an answer like any other", async () => {
    answer = { status: 500, afterMs: 0 };
    const [row] = await post();
    await worker.idle();
    expect(received).toHaveLength(1);
    expect(await responseOf(row?.id)).toMatchObject({ status_code: 500 });
  });

  it("gives up at its timeout", async () => {
    answer = { status: 200, afterMs: 60_000 };
    const sent = await database.sql<{ id: string }>(
      "select net.http_post(url := $1, timeout_milliseconds := 20) as id",
      [target],
    );
    await worker.idle();
    expect(await responseOf(sent[0]?.id)).toMatchObject({ status_code: null, timed_out: true });
  });

  it("records a refused connection and a target off this machine", async () => {
    const ids = await database.sql<{ id: string }>(
      "select net.http_post(url) as id from unnest(array['http://127.0.0.1:1/', 'https://example.com/']) url",
    );
    await worker.idle();
    for (const { id } of ids) expect((await responseOf(id))?.["error_msg"]).toBeTruthy();
  });

  it("refuses another content type, as the real one does", async () => {
    const call = database.sql(`select net.http_post($1, headers := '{"content-type": "text/plain"}')`, [target]);
    await expect(call).rejects.toThrow('Content-Type header must be "application/json"');
  });

  it("is open to every role of the database", async () => {
    const [row] = await database.asRole("anon")<{ id: string }>("select net.http_get($1) as id", [target]);
    await worker.idle();
    expect(await responseOf(row?.id)).toMatchObject({ status_code: 200 });
  });
});

describe("a fault", () => {
  it("drop: the request is gone and nothing was sent", async () => {
    worker.addFault({ kind: "drop" });
    await post();
    await worker.idle();
    expect(received).toEqual([]);
    expect(await database.sql("select 1 from net.http_request_queue")).toEqual([]);
  });

  it("duplicate: the request arrives twice", async () => {
    worker.addFault({ kind: "duplicate" });
    await post();
    await worker.idle();
    expect(received).toHaveLength(2);
  });

  it("a worker that died leaves the queue to its successor", async () => {
    await worker.stop();
    await post();
    worker = await startPgNetWorker({ adminDatabaseUrl: database.urlFor("supabase_admin"), passDelayMs: 1 });
    await worker.idle();
    expect(received).toHaveLength(1);
  });

  it("a lost connection is made anew", async () => {
    await database.adminSql(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pg_net worker' and datname = $1",
      [database.name],
    );
    await post();
    await expect.poll(() => received).toHaveLength(1);
  });
});
