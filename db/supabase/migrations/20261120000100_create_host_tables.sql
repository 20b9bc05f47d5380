-- not breaking: creates the platform's own tables only where they are absent (docs/adopting.md)
create schema if not exists private;
revoke all on schema private from public, anon, authenticated;
create schema if not exists extensions;
create extension if not exists pgcrypto with schema extensions;

do $$
begin
  if to_regclass('public.services') is null then
    create table public.services (
      id uuid primary key default gen_random_uuid(),
      name text not null,
      duration_minutes integer not null default 60,
      is_online boolean not null default true,
      meeting_platform text not null default 'google_meet',
      meeting_settings jsonb not null default '{}'::jsonb,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    alter table public.services enable row level security;
    revoke all on table public.services from public, anon, authenticated, service_role;
    grant select on table public.services to authenticated;
    create policy services_read on public.services for select to authenticated using (true);
  end if;

  if to_regclass('public.consultants') is null then
    create table public.consultants (
      id uuid primary key default gen_random_uuid(),
      user_id uuid unique references auth.users (id) on delete set null,
      name text not null,
      email text not null,
      time_zone text not null default 'UTC',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    alter table public.consultants enable row level security;
    revoke all on table public.consultants from public, anon, authenticated, service_role;
    grant select on table public.consultants to authenticated;
    create policy consultants_read_own on public.consultants for select to authenticated
      using ((select auth.uid()) = user_id);
  end if;

  if to_regclass('public.bookings') is null then
    create table public.bookings (
      id uuid primary key default gen_random_uuid(),
      service_id uuid references public.services (id),
      consultant_id uuid references public.consultants (id),
      status text not null default 'pending'
        check (status in ('pending', 'confirmed', 'cancelled', 'declined', 'completed')),
      title text,
      starts_at timestamptz not null,
      ends_at timestamptz not null,
      time_zone text not null default 'UTC',
      customer_name text not null,
      customer_email text,
      customer_phone text,
      notes text,
      cancellation_reason text,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create index bookings_service_id on public.bookings (service_id);
    create index bookings_consultant_id on public.bookings (consultant_id, starts_at);
    alter table public.bookings enable row level security;
    revoke all on table public.bookings from public, anon, authenticated, service_role;
    grant select on table public.bookings to authenticated;
    create policy bookings_read_own on public.bookings for select to authenticated
      using (exists (
        select 1 from public.consultants c
        where c.id = consultant_id and c.user_id = (select auth.uid())
      ));
  end if;
end
$$;

-- The functions act as service_role, which needs its own grants since 30 Oct 2026.
grant select, insert, update, delete on table public.services, public.consultants, public.bookings to service_role;
