-- A booking platform as it may stand before it adopts our migrations: its own columns, rights, policies and rows.
create table public.services (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  slug text unique,
  duration_minutes integer not null default 30,
  is_online boolean not null default true
);
create table public.consultants (
  id uuid primary key default gen_random_uuid(),
  user_id uuid unique references auth.users (id),
  name text not null,
  email text not null,
  time_zone text not null default 'UTC',
  biography text
);
create table public.bookings (
  id uuid primary key default gen_random_uuid(),
  service_id uuid references public.services (id),
  consultant_id uuid references public.consultants (id),
  status text not null default 'pending',
  title text,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  time_zone text not null,
  customer_name text not null,
  customer_email text,
  customer_phone text,
  notes text,
  cancellation_reason text,
  booked_via text not null,
  price_cents integer not null check (price_cents >= 0)
);
create index bookings_service on public.bookings (service_id);
create index bookings_consultant on public.bookings (consultant_id);
alter table public.services enable row level security;
alter table public.consultants enable row level security;
alter table public.bookings enable row level security;
grant select on public.services to anon, authenticated;
create policy everybody_reads_services on public.services for select to anon, authenticated using (true);
grant select, insert on public.bookings to authenticated;
create policy hosts_read on public.bookings for select to authenticated
  using (exists (select 1 from public.consultants c where c.id = consultant_id and c.user_id = (select auth.uid())));
insert into public.bookings (status, starts_at, ends_at, time_zone, customer_name, booked_via, price_cents)
values ('confirmed', '2026-01-05 09:00+00', '2026-01-05 10:00+00', 'Europe/Berlin', 'Edsger', 'phone', 9900);
