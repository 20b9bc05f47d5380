-- not breaking: what `npm run ops -- doctor` looks at inside the database

-- Rights of API roles on tables that only our own functions may touch; empty when all of them are closed.
create function private.open_server_tables() returns table (table_name text, problem text)
language sql stable security definer set search_path = '' as $$
  with server_only as (
    select c.oid, c.oid::regclass::text as name, c.relrowsecurity
    from pg_catalog.pg_class c
    where c.relkind in ('r', 'p')
      and (c.relnamespace = 'private'::regnamespace or c.oid = to_regclass('public.user_tokens'))
  )
  select s.name, 'row level security is off' from server_only s where not s.relrowsecurity
  union all
  select s.name, r.role || ' has rights on it'
  from server_only s cross join unnest(array['anon', 'authenticated', 'service_role']) as r (role)
  where has_table_privilege(r.role, s.oid, 'select, insert, update, delete, truncate')
  union all
  select s.name, 'it has the policy ' || p.polname
  from server_only s join pg_catalog.pg_policy p on p.polrelid = s.oid
  union all
  select 'private', r.role || ' may enter the schema'
  from unnest(array['anon', 'authenticated', 'service_role']) as r (role)
  where has_schema_privilege(r.role, 'private', 'usage')
  order by 1, 2;
$$;
revoke execute on function private.open_server_tables() from public, anon, authenticated, service_role;

-- Facts only; what is wrong and how to mend it is the command's to say. Of Vault: names, and no value but whether
-- the relay's address can be called.
create function public.inspect_installation() returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  migrations jsonb := '[]';
  relay_url text;
begin
  -- A database that was set up without the Supabase CLI has no such table.
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    execute 'select coalesce(jsonb_agg(m.version order by m.version), ''[]'')
      from supabase_migrations.schema_migrations m' into migrations;
  end if;
  select d.decrypted_secret into relay_url from vault.decrypted_secrets d where d.name = 'relay_outbox_url';
  return jsonb_build_object(
    'at', clock_timestamp(),
    'migrations', migrations,
    'vaultNames', coalesce((
      select jsonb_agg(s.name order by s.name) from vault.secrets s
      where s.name in ('relay_outbox_url', 'relay_ping_key') or s.name ~ '^google_token_key_v[0-9]{1,6}$'), '[]'),
    'relayUrl', case
      when coalesce(relay_url, '') = '' then 'missing'
      when relay_url ~ '^https://[^/\s]+' or relay_url ~ '^http://(127\.0\.0\.1|localhost|\[::1\])(:|/|$)' then 'usable'
      else 'unusable' end,
    'pgNet', to_regprocedure('net.http_post(text,jsonb,jsonb,jsonb,integer)') is not null,
    'openTables', coalesce((
      select jsonb_agg(jsonb_build_object('table', o.table_name, 'problem', o.problem))
      from private.open_server_tables() o), '[]'),
    'disabledTriggers', (
      select coalesce(jsonb_agg(w.name order by w.name), '[]')
      from unnest(array[
        'on_booking_insert_stamp', 'on_booking_update_stamp', 'on_booking_insert_publish_event',
        'on_booking_update_publish_event', 'on_booking_delete_publish_event', 'on_booking_scheduled_plan_messages'
      ]) as w (name)
      where not exists (
        select 1 from pg_catalog.pg_trigger t
        where t.tgrelid = 'public.bookings'::regclass and t.tgname = w.name and t.tgenabled in ('O', 'A'))));
end
$$;
revoke execute on function public.inspect_installation() from public, anon, authenticated;
grant execute on function public.inspect_installation() to service_role;
