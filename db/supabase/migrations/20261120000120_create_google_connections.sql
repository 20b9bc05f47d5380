-- not breaking: where a consultant's Google access is kept (ciphertext) and what state it is in (readable)
create table public.user_tokens (
  user_id uuid primary key references auth.users (id) on delete cascade,
  -- pgp_sym_encrypt of {user_id, token, key_version}; only the two private functions touch it
  encrypted_google_refresh_token bytea not null,
  google_calendar_id text,
  token_created_at timestamptz not null default now(),
  token_expires_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.user_tokens enable row level security;
revoke all on table public.user_tokens from public, anon, authenticated, service_role;

create table public.google_connections (
  user_id uuid primary key references auth.users (id) on delete cascade,
  google_sub text not null,
  google_email text not null,
  granted_scopes text[] not null default '{}',
  state text not null check (state in ('connected', 'needs_reconnect', 'disconnected')),
  reason text,
  since timestamptz not null default now(),
  -- raised with every stored token, so that a cached access token of the old one is never used
  token_version integer not null default 1
);
alter table public.google_connections enable row level security;
revoke all on table public.google_connections from public, anon, authenticated, service_role;
grant select on table public.google_connections to authenticated;
grant select, insert, update, delete on table public.google_connections to service_role;
create policy google_connections_read_own on public.google_connections for select to authenticated
  using ((select auth.uid()) = user_id);
