import { type ApiKeys, createApiKeys } from "../../emulators/supabase/api-keys.ts";
import { type Gateway, startGateway } from "../../emulators/supabase/gateway.ts";
import { type PgNetWorker, startPgNetWorker } from "../../emulators/supabase/pg-net-worker.ts";
import { acceptedJwks, createSigningKeys } from "../../emulators/supabase/signing-keys.ts";
import { type Keep, startTogether } from "../start-together.ts";
import { type Postgrest, startPostgrest } from "./postgrest.ts";
import { type LocalDatabase, startDatabase } from "./start-database.ts";

export interface SupabaseOptions {
  /** Of the gateway, which is the project's address; 0 or absent: a free one. */
  readonly port?: number;
  readonly databasePort?: number;
  /** Keys to accept; random ones by default. */
  readonly apiKeys?: ApiKeys;
  /** Pause of the pg_net worker between two passes; 1000 as on the platform by default. */
  readonly pgNetPassDelayMs?: number;
  /** Parent of the `supabase` folder with the migrations to apply; ours by default. */
  readonly workFolder?: string;
}

export interface LocalSupabase {
  /** `SUPABASE_URL` */
  readonly url: string;
  readonly publishableKey: string;
  /** `SUPABASE_SECRET_KEY` */
  readonly secretKey: string;
  /** As `postgres`: owns everything of ours, no superuser. */
  readonly databaseUrl: string;
  readonly adminDatabaseUrl: string;
  readonly database: LocalDatabase;
  readonly postgrest: Postgrest;
  readonly gateway: Gateway;
  readonly pgNet: PgNetWorker;
  mintUserJwt(userId: string, email?: string): Promise<string>;
  stop(): Promise<void>;
}

/** The whole project on the laptop: Postgres with our migrations, PostgREST, gateway with Auth, pg_net's worker. */
export function startSupabase(options: SupabaseOptions = {}): Promise<LocalSupabase> {
  return startTogether((keep) => startParts(options, keep));
}

async function startParts(options: SupabaseOptions, keep: Keep): Promise<Omit<LocalSupabase, "stop">> {
  const { workFolder, port = 0, databasePort = 0, pgNetPassDelayMs: passDelayMs } = options;
  const keys = await createSigningKeys();
  const apiKeys = options.apiKeys ?? createApiKeys();
  const database = keep(await startDatabase({ port: databasePort, ...(workFolder !== undefined && { workFolder }) }));
  const [postgrest, pgNet] = await Promise.all([
    startPostgrest({ databaseUrl: database.urlFor("authenticator"), jwks: acceptedJwks(keys) }).then(keep),
    startPgNetWorker({
      adminDatabaseUrl: database.adminDatabaseUrl,
      ...(passDelayMs !== undefined && { passDelayMs }),
    }).then(keep),
  ]);
  const authDatabaseUrl = database.urlFor("supabase_auth_admin");
  const gateway = keep(await startGateway({ postgrestUrl: postgrest.url, authDatabaseUrl, keys, apiKeys, port }));
  return {
    url: gateway.url,
    ...apiKeys,
    databaseUrl: database.databaseUrl,
    adminDatabaseUrl: database.adminDatabaseUrl,
    database,
    postgrest,
    gateway,
    pgNet,
    mintUserJwt: gateway.mintUserJwt,
  };
}
