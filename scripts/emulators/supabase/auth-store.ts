import type pg from "pg";

/** A row of `auth.users` as the endpoints answer it. */
export interface AuthUser {
  readonly id: string;
  readonly aud: string;
  readonly role: string;
  readonly email: string | null;
  readonly phone: string;
  readonly email_confirmed_at: string | null;
  readonly confirmed_at: string | null;
  readonly last_sign_in_at: string | null;
  readonly app_metadata: object;
  readonly user_metadata: object;
  readonly identities: readonly unknown[];
  readonly created_at: string;
  readonly updated_at: string;
  readonly is_anonymous: boolean;
}

export interface NewUser {
  readonly id?: string | undefined;
  readonly email: string;
  readonly password?: string | undefined;
  readonly userMetadata?: object | undefined;
  readonly appMetadata?: object | undefined;
}

/** Statements on `auth.*`; `pool` is connected as supabase_auth_admin. */
export type AuthStore = ReturnType<typeof authStore>;

const columns = `id, aud, role, email, coalesce(phone, '') as phone, email_confirmed_at, confirmed_at, last_sign_in_at,
  raw_app_meta_data as app_metadata, raw_user_meta_data as user_metadata, '[]'::jsonb as identities,
  created_at, updated_at, is_anonymous`;

export function authStore(pool: pg.Pool) {
  const one = async (text: string, params: unknown[]): Promise<AuthUser | undefined> =>
    (await pool.query<AuthUser>(text, params)).rows[0];
  return {
    /** Throws SQLSTATE 23505 when the address is taken. */
    insert: (user: NewUser) =>
      one(
        `insert into auth.users (id, email, encrypted_password, email_confirmed_at, raw_user_meta_data, raw_app_meta_data)
         values (coalesce($1::uuid, gen_random_uuid()), lower($2), extensions.crypt($3, extensions.gen_salt('bf', 4)), now(),
           coalesce($4::jsonb, '{}'), '{"provider": "email", "providers": ["email"]}'::jsonb || coalesce($5::jsonb, '{}'))
         returning ${columns}`,
        [user.id, user.email, user.password, user.userMetadata, user.appMetadata],
      ),
    byId: (id: string) => one(`select ${columns} from auth.users where id::text = $1`, [id]),
    async list(): Promise<AuthUser[]> {
      return (await pool.query<AuthUser>(`select ${columns} from auth.users order by created_at limit 50`)).rows;
    },
    remove: (id: string) => one(`delete from auth.users where id::text = $1 returning ${columns}`, [id]),
    signIn: (email: string, password: string) =>
      one(
        `update auth.users set last_sign_in_at = now()
         where email = lower($1) and encrypted_password = extensions.crypt($2, encrypted_password) returning ${columns}`,
        [email, password],
      ),
    async issueRefreshToken(userId: string): Promise<string> {
      const token = crypto.randomUUID().replaceAll("-", "").slice(0, 12);
      await pool.query("insert into auth.refresh_tokens (token, user_id) values ($1, $2)", [token, userId]);
      return token;
    },
    /** Uses the token up; undefined when it is unknown or was used before. */
    redeem: (token: string) =>
      one(
        `with used as (update auth.refresh_tokens set revoked = true where token = $1 and not revoked returning user_id)
         select ${columns} from auth.users where id = (select user_id from used)`,
        [token],
      ),
    async signOut(userId: string): Promise<void> {
      await pool.query("update auth.refresh_tokens set revoked = true where user_id::text = $1", [userId]);
    },
  };
}
