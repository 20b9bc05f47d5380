import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { type PgNetRequest, type PgNetResponse, sendPgNetRequest } from "./pg-net-request.ts";

export interface PgNetWorkerOptions {
  /** As `supabase_admin`, to the database whose queue is served. */
  readonly adminDatabaseUrl: string;
  /** Pause between two passes; the real worker's is 1000. */
  readonly passDelayMs?: number;
}

/** What happens to a request that was taken from the queue. */
export const pgNetFaultKinds = ["drop", "duplicate", "delay"] as const;
export interface PgNetFault {
  readonly kind: (typeof pgNetFaultKinds)[number];
  /** How many requests it hits; default 1. */
  readonly times?: number;
  readonly delayMs?: number;
}

export interface PgNetWorker {
  /** `drop`: taken and never sent, as after a crash; `duplicate`: sent twice; `delay`: sent later. */
  addFault(fault: PgNetFault): void;
  clearFaults(): void;
  /** Resolves when the queue is empty and every answer is written. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

const batchSize = 200;
const defaultPassDelayMs = 1000;
const reconnectDelayMs = 200;
const responseTtl = "6 hours";

/**
 * pg_net's background worker: woken at commit, takes up to 200 requests, sends them at once, writes the answers and
 * commits, waits, repeats. No retries. A killed worker's transaction rolls back, so what it had sent is sent again.
 */
export async function startPgNetWorker(options: PgNetWorkerOptions): Promise<PgNetWorker> {
  const worker = new Worker(options);
  await worker.connect();
  void worker.run();
  return worker;
}

class Worker implements PgNetWorker {
  readonly #options: PgNetWorkerOptions;
  readonly #stopping = new AbortController();
  #client: pg.Client | undefined;
  #faults: { kind: PgNetFault["kind"]; left: number; delayMs: number }[] = [];
  #wake = Promise.withResolvers<void>();
  #idle = Promise.withResolvers<void>();
  #ended = Promise.withResolvers<void>();

  constructor(options: PgNetWorkerOptions) {
    this.#options = options;
  }

  addFault(fault: PgNetFault): void {
    this.#faults.push({ kind: fault.kind, left: fault.times ?? 1, delayMs: fault.delayMs ?? 0 });
  }

  clearFaults(): void {
    this.#faults = [];
  }

  async idle(): Promise<void> {
    // The pass under way may have looked before the caller committed; the next one begins after this call.
    for (let passes = 0; passes < 2; passes++) {
      const done = this.#idle.promise;
      this.#wake.resolve();
      await done;
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake.resolve();
    await this.#client?.end().catch(() => undefined);
    await this.#ended.promise;
  }

  async connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#options.adminDatabaseUrl,
      application_name: "pg_net worker",
    });
    client.on("notification", () => this.#wake.resolve());
    client.on("error", () => {
      this.#client = undefined;
      this.#wake.resolve();
    });
    await client.connect();
    await client.query("listen pg_net_wake");
    this.#client = client;
    this.#wake.resolve();
  }

  async run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
      if (this.#stopping.signal.aborted) break;
      await this.#drain().catch(() => undefined);
      if (!this.#client) await this.#reconnect();
    }
    this.#idle.resolve();
    this.#ended.resolve();
  }

  async #drain(): Promise<void> {
    const idle = this.#idle;
    while (this.#client && !this.#stopping.signal.aborted) {
      const taken = await this.#pass(this.#client);
      if (taken === 0) break;
      await this.#pause(this.#options.passDelayMs ?? defaultPassDelayMs);
    }
    this.#idle = Promise.withResolvers();
    idle.resolve();
  }

  async #pass(client: pg.Client): Promise<number> {
    await client.query("begin");
    try {
      const { rows } = await client.query<PgNetRequest>(takeBatch, [batchSize]);
      await client.query("delete from net._http_response where created < now() - $1::interval", [responseTtl]);
      const answers = await Promise.all(rows.map((row) => this.#send(row)));
      for (const answer of answers) if (answer) await client.query(writeResponse, responseParameters(answer));
      await client.query("commit");
      return rows.length;
    } catch (error) {
      await client.query("rollback").catch(() => undefined);
      throw error;
    }
  }

  async #send(request: PgNetRequest): Promise<PgNetResponse | undefined> {
    const fault = this.#faults[0];
    if (fault) {
      fault.left -= 1;
      if (fault.left === 0) this.#faults.shift();
    }
    if (fault?.kind === "drop") return undefined;
    if (fault?.kind === "delay") await this.#pause(fault.delayMs);
    if (fault?.kind === "duplicate") await sendPgNetRequest(request, this.#stopping.signal);
    return sendPgNetRequest(request, this.#stopping.signal);
  }

  async #reconnect(): Promise<void> {
    while (!this.#client && !this.#stopping.signal.aborted) {
      await this.#pause(reconnectDelayMs);
      await this.connect().catch(() => undefined);
    }
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}

const takeBatch = `
  with taken as (
    delete from net.http_request_queue where id in (select id from net.http_request_queue order by id limit $1)
    returning id, method, url, headers, body, timeout_milliseconds
  )
  select * from taken order by id`;

const writeResponse = `
  insert into net._http_response (id, status_code, content_type, headers, content, timed_out, error_msg)
  values ($1, $2, $3, $4, $5, $6, $7)`;

function responseParameters(answer: PgNetResponse): unknown[] {
  const { id, statusCode, contentType, headers, content, timedOut, error } = answer;
  return [id, statusCode, contentType, headers, content, timedOut, error];
}
