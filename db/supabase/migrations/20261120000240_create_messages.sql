-- not breaking: the mail ledger; a mail is planned in the transaction of what causes it
create table private.messages (
  -- digest of kind, booking or user, recipient and about: planning the same mail twice plans it once
  key text primary key check (key ~ '^[0-9a-f]{64}$'),
  kind text not null check (kind in ('confirmation', 'reconnect_google')),
  booking_id uuid,
  user_id uuid,
  recipient text not null,
  -- what tells two mails of one kind to one person apart: the link, the token's version
  about text not null,
  state text not null default 'planned' check (state in ('planned', 'sent', 'skipped', 'failed')),
  reason text,
  due_at timestamptz not null default now(),
  attempts integer not null default 0,
  claimed_until timestamptz,
  created_at timestamptz not null default now(),
  settled_at timestamptz
);
create index messages_due on private.messages (due_at) where state = 'planned';
create index messages_of_booking on private.messages (booking_id);
alter table private.messages enable row level security;
revoke all on table private.messages from public, anon, authenticated, service_role;

-- p_message: {kind, bookingId?, userId?, recipient, about, dueAt?}
create function private.plan_message(p_message jsonb) returns void
language sql security definer set search_path = '' as $$
  insert into private.messages (key, kind, booking_id, user_id, recipient, about, due_at)
  values (
    encode(extensions.digest(convert_to(jsonb_build_array(p_message -> 'kind', p_message -> 'bookingId',
      p_message -> 'userId', lower(p_message ->> 'recipient'), p_message -> 'about')::text, 'UTF8'), 'sha256'), 'hex'),
    p_message ->> 'kind', (p_message ->> 'bookingId')::uuid, (p_message ->> 'userId')::uuid,
    p_message ->> 'recipient', p_message ->> 'about', coalesce((p_message ->> 'dueAt')::timestamptz, now()))
  on conflict (key) do nothing;
$$;
revoke execute on function private.plan_message(jsonb) from public, anon, authenticated, service_role;

-- Called by the trigger below, as the owner. One confirmation for each link, however often the booking is worked on;
-- a customer without an e-mail address gets none.
create function private.plan_booking_messages() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.plan_message(jsonb_build_object('kind', 'confirmation', 'bookingId', new.id,
    'recipient', btrim(new.customer_email), 'about', new.meeting_link));
  return null;
end
$$;
revoke execute on function private.plan_booking_messages() from public, anon, authenticated, service_role;

create trigger on_booking_scheduled_plan_messages after update on public.bookings
  for each row when (
    new.pipeline_status = 'scheduled' and new.meeting_link is not null and btrim(new.customer_email) <> ''
    and (old.pipeline_status, old.meeting_link, old.customer_email)
      is distinct from (new.pipeline_status, new.meeting_link, new.customer_email)
  ) execute function private.plan_booking_messages();

-- Called by the trigger below, as the owner. The token's version makes it one mail for each incident.
create function private.plan_connection_messages() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.plan_message(jsonb_build_object('kind', 'reconnect_google', 'userId', new.user_id,
    'recipient', coalesce((select c.email from public.consultants c where c.user_id = new.user_id), new.google_email),
    'about', new.token_version::text));
  return null;
end
$$;
revoke execute on function private.plan_connection_messages() from public, anon, authenticated, service_role;

create trigger on_google_connection_lost_plan_messages after update on public.google_connections
  for each row when (old.state = 'connected' and new.state = 'needs_reconnect')
  execute function private.plan_connection_messages();
