import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "#supabase/database.types.ts";
import { createApiKeys } from "../../scripts/emulators/supabase/api-keys.ts";
import { type Gateway, startGateway } from "../../scripts/emulators/supabase/gateway.ts";
import { acceptedJwks, createSigningKeys } from "../../scripts/emulators/supabase/signing-keys.ts";
import { startPostgrest } from "../../scripts/local/database/postgrest.ts";
import type { LoginRole } from "../../scripts/local/database/start-database.ts";

/** The Data API and Auth of one test database. */
export interface TestApi {
  readonly url: string;
  readonly publishableKey: string;
  readonly secretKey: string;
  /** For faults (`gateway.faults.add({ operation: "rpc.name", kind: "drop_reply" })`) and counts of calls. */
  readonly gateway: Gateway;
  /** supabase-js as the functions use it: secret key, role service_role. */
  readonly service: SupabaseClient<Database>;
  /** supabase-js with only the publishable key. */
  readonly anonymous: SupabaseClient<Database>;
  /** supabase-js as a signed-in user. */
  asUser(user: { readonly id: string; readonly email: string }): SupabaseClient<Database>;
  stop(): Promise<void>;
}

const auth = { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false };
/** Every test file has its own PostgREST; all share one Postgres. */
const poolSize = 5;

export async function startTestApi(parts: { urlFor(role: LoginRole): string }): Promise<TestApi> {
  const keys = await createSigningKeys();
  const apiKeys = createApiKeys();
  const databaseUrl = parts.urlFor("authenticator");
  const postgrest = await startPostgrest({ databaseUrl, jwks: acceptedJwks(keys), poolSize });
  const authDatabaseUrl = parts.urlFor("supabase_auth_admin");
  const gateway = await startGateway({ postgrestUrl: postgrest.url, authDatabaseUrl, keys, apiKeys });
  return {
    url: gateway.url,
    ...apiKeys,
    gateway,
    service: createClient<Database>(gateway.url, apiKeys.secretKey, { auth }),
    anonymous: createClient<Database>(gateway.url, apiKeys.publishableKey, { auth }),
    asUser: ({ id, email }) =>
      createClient<Database>(gateway.url, apiKeys.publishableKey, {
        accessToken: () => gateway.mintUserJwt(id, email),
      }),
    async stop() {
      await gateway.stop();
      await postgrest.stop();
    },
  };
}
