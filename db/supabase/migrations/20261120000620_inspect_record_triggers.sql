-- not breaking: an installation is asked about the triggers that keep a booking's changes, too
create or replace function public.inspect_installation() returns jsonb
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
        'on_booking_update_publish_event', 'on_booking_delete_publish_event', 'on_booking_scheduled_plan_messages',
        'on_booking_update_record_change', 'on_booking_delete_record_change'
      ]) as w (name)
      where not exists (
        select 1 from pg_catalog.pg_trigger t
        where t.tgrelid = 'public.bookings'::regclass and t.tgname = w.name and t.tgenabled in ('O', 'A'))));
end
$$;
revoke execute on function public.inspect_installation() from public, anon, authenticated;
grant execute on function public.inspect_installation() to service_role;
