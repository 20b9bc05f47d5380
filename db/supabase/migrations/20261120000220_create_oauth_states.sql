-- not breaking: the single-use states of the OAuth flow
create table private.oauth_states (
  -- only hashes: who reads this table can neither finish nor hijack a flow
  state_sha256 text primary key check (state_sha256 ~ '^[0-9a-f]{64}$'),
  cookie_sha256 text not null check (cookie_sha256 ~ '^[0-9a-f]{64}$'),
  user_id uuid not null references auth.users (id) on delete cascade,
  code_verifier text not null,
  next_path text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index oauth_states_of_user on private.oauth_states (user_id, created_at);
create index oauth_states_age on private.oauth_states (expires_at);
alter table private.oauth_states enable row level security;
revoke all on table private.oauth_states from public, anon, authenticated, service_role;

-- p_state: {stateSha256, cookieSha256, codeVerifier, nextPath?}. A user keeps the last ten, so that nobody fills the table.
create function public.create_oauth_state(p_user_id uuid, p_state jsonb, p_lifetime_seconds double precision)
returns void language plpgsql security definer set search_path = '' as $$
begin
  delete from private.oauth_states s where s.state_sha256 in (
    select o.state_sha256 from private.oauth_states o where o.user_id = p_user_id
    order by o.created_at desc, o.state_sha256 offset 9);
  insert into private.oauth_states (state_sha256, cookie_sha256, user_id, code_verifier, next_path, expires_at)
  values (p_state ->> 'stateSha256', p_state ->> 'cookieSha256', p_user_id, p_state ->> 'codeVerifier',
    p_state ->> 'nextPath', clock_timestamp() + make_interval(secs => p_lifetime_seconds));
end
$$;
revoke execute on function public.create_oauth_state(uuid, jsonb, double precision) from public, anon, authenticated;
grant execute on function public.create_oauth_state(uuid, jsonb, double precision) to service_role;

-- {userId, codeVerifier, nextPath}, once: the row lock makes the second of two tabs find it used. Null for a state
-- that is unknown, used, expired or another browser's; only its own browser can spend it.
create function public.use_oauth_state(p_state_sha256 text, p_cookie_sha256 text) returns jsonb
language sql security definer set search_path = '' as $$
  update private.oauth_states s set used_at = clock_timestamp()
  where s.state_sha256 = p_state_sha256 and s.cookie_sha256 = p_cookie_sha256
    and s.used_at is null and s.expires_at > clock_timestamp()
  returning jsonb_build_object('userId', s.user_id, 'codeVerifier', s.code_verifier, 'nextPath', s.next_path);
$$;
revoke execute on function public.use_oauth_state(text, text) from public, anon, authenticated;
grant execute on function public.use_oauth_state(text, text) to service_role;

-- What is used or expired is of no further use; nonces of the relay's ping go by the same broom.
create function public.prune_single_use_values() returns integer
language plpgsql security definer set search_path = '' as $$
declare
  states integer;
  nonces integer;
begin
  delete from private.oauth_states s
  where s.expires_at < clock_timestamp() or s.used_at < clock_timestamp() - interval '1 minute';
  get diagnostics states = row_count;
  delete from private.relay_nonces n where n.seen_at < now() - interval '10 minutes';
  get diagnostics nonces = row_count;
  return states + nonces;
end
$$;
revoke execute on function public.prune_single_use_values() from public, anon, authenticated;
grant execute on function public.prune_single_use_values() to service_role;
