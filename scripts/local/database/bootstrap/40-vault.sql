-- supabase_vault 0.3 in SQL: same tables, functions and grants. The real one encrypts with libsodium under a
-- key outside SQL; here it is AES-256 then HMAC-SHA-256 (ciphertext bound to the row id in both) under a key
-- in a table that no role but the superuser can read.
create schema vault authorization supabase_admin;

create table vault._root_key (only_row boolean primary key default true check (only_row), key bytea not null);
insert into vault._root_key (key) values (extensions.gen_random_bytes(32));

create function vault._crypto_aead_det_noncegen() returns bytea
language sql security definer set search_path = '' as $$ select extensions.gen_random_bytes(16) $$;

create function vault._derive_key(purpose text, key_id bigint, context bytea) returns bytea
language sql stable security definer set search_path = '' as $$
  select extensions.hmac(convert_to(purpose || ':' || key_id || ':', 'UTF8') || context, k.key, 'sha256')
  from vault._root_key k
$$;

create function vault._crypto_aead_det_encrypt(
  message bytea, additional bytea, key_id bigint, context bytea default 'pgsodium', nonce bytea default null
) returns bytea language plpgsql immutable security definer set search_path = '' as $$
declare
  iv bytea := coalesce(nonce, decode('00000000000000000000000000000000', 'hex'));
  sealed bytea := extensions.encrypt_iv(message, vault._derive_key('encrypt', key_id, context), iv, 'aes-cbc/pad:pkcs');
begin
  return extensions.hmac(iv || int4send(length(additional)) || additional || sealed,
    vault._derive_key('authenticate', key_id, context), 'sha256') || sealed;
end
$$;

create function vault._crypto_aead_det_decrypt(
  message bytea, additional bytea, key_id bigint, context bytea default 'pgsodium', nonce bytea default null
) returns bytea language plpgsql immutable security definer set search_path = '' as $$
declare
  iv bytea := coalesce(nonce, decode('00000000000000000000000000000000', 'hex'));
  sealed bytea := substr(message, 33);
begin
  if substr(message, 1, 32) is distinct from extensions.hmac(iv || int4send(length(additional)) || additional || sealed,
    vault._derive_key('authenticate', key_id, context), 'sha256')
  then
    raise exception using errcode = '22000', message = 'pgsodium_crypto_aead_det_decrypt_by_id: invalid ciphertext';
  end if;
  return extensions.decrypt_iv(sealed, vault._derive_key('encrypt', key_id, context), iv, 'aes-cbc/pad:pkcs');
end
$$;

create table vault.secrets (
  id uuid primary key default gen_random_uuid(),
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea default vault._crypto_aead_det_noncegen(),
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);
create unique index secrets_name_idx on vault.secrets (name) where name is not null;

create view vault.decrypted_secrets as
select s.id, s.name, s.description, s.secret,
  convert_from(vault._crypto_aead_det_decrypt(decode(s.secret, 'base64'), convert_to(s.id::text, 'utf8'),
    0, 'pgsodium'::bytea, s.nonce), 'utf8') as decrypted_secret,
  s.key_id, s.nonce, s.created_at, s.updated_at
from vault.secrets s;

create function vault.create_secret(
  new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null
) returns uuid language plpgsql security definer set search_path = '' as $$
declare
  rec record;
begin
  insert into vault.secrets (secret, name, description)
  values (new_secret, new_name, new_description) returning * into rec;
  update vault.secrets s
  set secret = encode(vault._crypto_aead_det_encrypt(convert_to(rec.secret, 'utf8'), convert_to(s.id::text, 'utf8'),
    0, 'pgsodium'::bytea, rec.nonce), 'base64')
  where s.id = rec.id;
  return rec.id;
end
$$;

create function vault.update_secret(
  secret_id uuid, new_secret text default null, new_name text default null,
  new_description text default null, new_key_id uuid default null
) returns void language plpgsql security definer set search_path = '' as $$
begin
  update vault.secrets s
  set
    name = coalesce(new_name, s.name),
    description = coalesce(new_description, s.description),
    secret = case when new_secret is null then s.secret
      else encode(vault._crypto_aead_det_encrypt(convert_to(new_secret, 'utf8'), convert_to(s.id::text, 'utf8'),
        0, 'pgsodium'::bytea, s.nonce), 'base64') end,
    updated_at = now()
  where s.id = secret_id;
end
$$;

revoke all on all tables in schema vault from public;
revoke execute on all functions in schema vault from public;
grant usage on schema vault to postgres with grant option;
grant select, delete on vault.secrets, vault.decrypted_secrets to postgres with grant option;
grant execute on function
  vault.create_secret(text, text, text, uuid),
  vault.update_secret(uuid, text, text, text, uuid),
  vault._crypto_aead_det_decrypt(bytea, bytea, bigint, bytea, bytea)
  to postgres with grant option;
grant usage on schema vault to service_role;
grant select, delete on vault.secrets, vault.decrypted_secrets to service_role;
grant execute on function
  vault.create_secret(text, text, text, uuid),
  vault.update_secret(uuid, text, text, text, uuid),
  vault._crypto_aead_det_decrypt(bytea, bytea, bigint, bytea, bytea)
  to service_role;
