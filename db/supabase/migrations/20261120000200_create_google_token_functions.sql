-- not breaking: the one way in and out of public.user_tokens; the keys live in Vault under google_token_key_v<N>
do $$
begin
  -- The first key is made here and never leaves Vault; a new one is added as google_token_key_v2 and so on.
  if not exists (select 1 from vault.secrets s where s.name ~ '^google_token_key_v[0-9]{1,6}$') then
    perform vault.create_secret(
      encode(extensions.gen_random_bytes(32), 'hex'), 'google_token_key_v1', 'encrypts public.user_tokens');
  end if;
end
$$;

-- Newest first: it encrypts; the older ones still decrypt what they encrypted.
create function private.google_token_keys() returns table (version integer, key text)
language sql stable security definer set search_path = '' as $$
  select substring(d.name from '[0-9]+$')::integer, d.decrypted_secret
  from vault.decrypted_secrets d where d.name ~ '^google_token_key_v[0-9]{1,6}$'
  order by 1 desc;
$$;
revoke execute on function private.google_token_keys() from public, anon, authenticated, service_role;

-- The user's id is inside the ciphertext: pgcrypto has no associated data, and a row could be moved otherwise.
create function private.encrypt_google_refresh_token(p_user_id uuid, p_refresh_token text) returns bytea
language plpgsql security definer set search_path = '' as $$
declare
  newest record;
begin
  select k.version, k.key into newest from private.google_token_keys() k limit 1;
  if newest.key is null then
    raise exception using errcode = 'TKKEY', message = 'Vault holds no google_token_key_v<N>';
  end if;
  return extensions.pgp_sym_encrypt(
    jsonb_build_object('user_id', p_user_id, 'token', p_refresh_token, 'key_version', newest.version)::text,
    newest.key, 'cipher-algo=aes256, s2k-digest-algo=sha256');
end
$$;
revoke execute on function private.encrypt_google_refresh_token(uuid, text) from public, anon, authenticated, service_role;

create function private.store_google_refresh_token(p_user_id uuid, p_refresh_token text) returns void
language plpgsql security definer set search_path = '' as $$
begin
  if coalesce(p_refresh_token, '') = '' then
    raise exception using errcode = '22023', message = 'there is no refresh token to store';
  end if;
  insert into public.user_tokens as t (user_id, encrypted_google_refresh_token)
  values (p_user_id, private.encrypt_google_refresh_token(p_user_id, p_refresh_token))
  on conflict (user_id) do update
  set encrypted_google_refresh_token = excluded.encrypted_google_refresh_token,
      token_created_at = now(), token_expires_at = null, updated_at = now();
  -- Access tokens of the former refresh token must not be used any more.
  update public.google_connections g set token_version = g.token_version + 1 where g.user_id = p_user_id;
end
$$;
revoke execute on function private.store_google_refresh_token(uuid, text) from public, anon, authenticated, service_role;

-- Null: there is none. SQLSTATE TKBAD: there is one and nobody can read it (truncated, swapped, its key is gone).
-- SQLSTATE TKKEY: Vault is empty, which is the operator's to mend and no reason to bother the consultant.
create function private.get_decrypted_google_refresh_token(p_user_id uuid) returns text
language plpgsql security definer set search_path = '' as $$
declare
  sealed bytea;
  candidate record;
  keys integer := 0;
  opened jsonb;
begin
  select t.encrypted_google_refresh_token into sealed from public.user_tokens t where t.user_id = p_user_id;
  if sealed is null then return null; end if;
  for candidate in select k.version, k.key from private.google_token_keys() k loop
    keys := keys + 1;
    begin
      opened := extensions.pgp_sym_decrypt(sealed, candidate.key)::jsonb;
      exit;
    exception when others then
      opened := null;
    end;
  end loop;
  if keys = 0 then
    raise exception using errcode = 'TKKEY', message = 'Vault holds no google_token_key_v<N>';
  end if;
  if opened is null or opened ->> 'user_id' is distinct from p_user_id::text
    or opened ->> 'key_version' is distinct from candidate.version::text or coalesce(opened ->> 'token', '') = ''
  then
    raise exception using errcode = 'TKBAD', message = 'the stored Google token cannot be read';
  end if;
  return opened ->> 'token';
end
$$;
revoke execute on function private.get_decrypted_google_refresh_token(uuid) from public, anon, authenticated, service_role;

-- After adding a key: brings every readable ciphertext under it, so that the old key may be deleted.
create function private.reencrypt_google_refresh_tokens() returns integer
language plpgsql security definer set search_path = '' as $$
declare
  owner uuid;
  moved integer := 0;
begin
  for owner in select t.user_id from public.user_tokens t order by t.user_id for update loop
    begin
      update public.user_tokens t
      set encrypted_google_refresh_token =
            private.encrypt_google_refresh_token(owner, private.get_decrypted_google_refresh_token(owner)),
          updated_at = now()
      where t.user_id = owner;
      moved := moved + 1;
    exception when sqlstate 'TKBAD' then
      raise log 'the Google token of user % cannot be read and stays as it is', owner;
    end;
  end loop;
  return moved;
end
$$;
revoke execute on function private.reencrypt_google_refresh_tokens() from public, anon, authenticated, service_role;

-- {state, reason, tokenVersion, refreshToken}: state not_connected and token_unreadable exist only here.
create function public.get_decrypted_google_refresh_token(p_user_id uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  connection public.google_connections;
  token text;
begin
  select * into connection from public.google_connections g where g.user_id = p_user_id;
  if not found then return '{"state": "not_connected"}'::jsonb; end if;
  token := private.get_decrypted_google_refresh_token(p_user_id);
  return jsonb_build_object(
    'state', case when token is null and connection.state = 'connected' then 'token_unreadable' else connection.state end,
    'reason', connection.reason, 'tokenVersion', connection.token_version, 'refreshToken', token);
exception when sqlstate 'TKBAD' then
  return jsonb_build_object('state', 'token_unreadable', 'reason', null,
    'tokenVersion', connection.token_version, 'refreshToken', null);
end
$$;
revoke execute on function public.get_decrypted_google_refresh_token(uuid) from public, anon, authenticated;
grant execute on function public.get_decrypted_google_refresh_token(uuid) to service_role;

create function public.store_google_refresh_token(p_user_id uuid, p_refresh_token text) returns void
language sql security definer set search_path = '' as $$
  select private.store_google_refresh_token(p_user_id, p_refresh_token);
$$;
revoke execute on function public.store_google_refresh_token(uuid, text) from public, anon, authenticated;
grant execute on function public.store_google_refresh_token(uuid, text) to service_role;
