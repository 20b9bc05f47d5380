-- The platform's roles. Runs as supabase_admin (superuser) in the database `postgres`.
-- Passwords are the fixed local ones that the Supabase CLI also uses; the cluster listens on loopback only.
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit password 'postgres';
create role supabase_auth_admin login noinherit createrole password 'postgres';
-- Not a superuser, as on the platform: what it may not do here, a migration may not do there.
create role postgres login nosuperuser createdb createrole replication bypassrls password 'postgres';

grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role, authenticator to postgres with admin option;
grant pg_monitor, pg_signal_backend to postgres;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
alter role postgres set statement_timeout = '2min';
alter role postgres set search_path = '"$user"', public, extensions;
alter role supabase_auth_admin set search_path = auth;

alter database postgres owner to postgres;

create schema extensions;
grant usage on schema extensions to anon, authenticated, service_role, authenticator, supabase_auth_admin;
grant usage, create on schema extensions to postgres;
create extension pgcrypto with schema extensions;
create extension "uuid-ossp" with schema extensions;

-- Deliberately no default privileges: new projects expose nothing by themselves since 30 May 2026,
-- all others since 30 Oct 2026. A test adds the old ones and wants the same grants.
grant usage on schema public to anon, authenticated, service_role, postgres;

create publication supabase_realtime;
alter publication supabase_realtime owner to postgres;

-- The platform reloads the Data API's schema cache after every DDL; so do we.
create function extensions.pgrst_ddl_watch() returns event_trigger
language plpgsql set search_path = '' as $$
begin
  perform pg_catalog.pg_notify('pgrst', 'reload schema');
end
$$;
create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.pgrst_ddl_watch();
create event trigger pgrst_drop_watch on sql_drop execute function extensions.pgrst_ddl_watch();
