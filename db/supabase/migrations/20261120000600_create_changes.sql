-- not breaking: what happens to bookings, connections and recordings is kept as it happens, for the story of a booking

-- The outbox says that something changed and the effects say what was done in the world; this says what it was that
-- changed, and why things stood still. Times, states and reasons; never a name, an address or a spoken word.
create table private.changes (
  id bigint generated always as identity primary key,
  booking_id uuid,
  recording_id uuid,
  -- whose Google connection it is about
  user_id uuid,
  -- booking.changed, connection.lost, recording.failed, …
  change text not null,
  detail jsonb not null default '{}'::jsonb,
  -- the transaction's time, as on the outbox row that tells of the same change
  at timestamptz not null default now()
);
create index changes_of_booking on private.changes (booking_id, id) where booking_id is not null;
create index changes_of_user on private.changes (user_id, id) where user_id is not null;
alter table private.changes enable row level security;
revoke all on table private.changes from public, anon, authenticated, service_role;

-- Called by the triggers below, as the owner. Nothing on insert: the row itself says when it was made.
create function private.record_booking_change() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  fields text[];
begin
  if tg_op = 'DELETE' then
    insert into private.changes (booking_id, change, detail) values (old.id, 'booking.deleted', jsonb_build_object(
      'from', jsonb_build_object('startsAt', old.starts_at, 'endsAt', old.ends_at, 'timeZone', old.time_zone)));
    return null;
  end if;
  fields := array_remove(array[
    case when (old.starts_at, old.ends_at) is distinct from (new.starts_at, new.ends_at) then 'times' end,
    case when old.status is distinct from new.status then 'status' end,
    case when old.time_zone is distinct from new.time_zone then 'time_zone' end,
    case when old.consultant_id is distinct from new.consultant_id then 'consultant' end,
    case when old.title is distinct from new.title then 'title' end,
    case when (old.customer_name, old.customer_email) is distinct from (new.customer_name, new.customer_email)
      then 'customer' end,
    case when old.meeting_platform is distinct from new.meeting_platform then 'platform' end], null);
  if cardinality(fields) > 0 then
    insert into private.changes (booking_id, change, detail) values (new.id, 'booking.changed', jsonb_build_object(
      'fields', fields,
      'from', jsonb_build_object('startsAt', old.starts_at, 'endsAt', old.ends_at, 'timeZone', old.time_zone,
        'status', old.status, 'userId', (select c.user_id from public.consultants c where c.id = old.consultant_id)),
      'to', jsonb_build_object('startsAt', new.starts_at, 'endsAt', new.ends_at, 'timeZone', new.time_zone,
        'status', new.status)));
  end if;
  -- That a change of the booking makes it wait anew is told by the change.
  if new.pipeline_status is distinct from old.pipeline_status
    and (new.pipeline_status is distinct from 'pending' or new.revision = old.revision)
  then
    insert into private.changes (booking_id, change, detail) values (new.id, 'booking.status', jsonb_build_object(
      'from', old.pipeline_status, 'to', new.pipeline_status, 'reason', new.pipeline_reason));
  end if;
  return null;
end
$$;
revoke execute on function private.record_booking_change() from public, anon, authenticated, service_role;

-- The conditions keep write-backs that change no status as cheap as they were.
create trigger on_booking_update_record_change after update on public.bookings
  for each row when (
    coalesce(new.pipeline_status, old.pipeline_status) is not null
    and (old.revision, old.pipeline_status) is distinct from (new.revision, new.pipeline_status)
  ) execute function private.record_booking_change();
create trigger on_booking_delete_record_change after delete on public.bookings
  for each row when (old.pipeline_status is not null) execute function private.record_booking_change();

-- Called by the triggers below, as the owner.
create function private.record_connection_change() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.changes (user_id, change, detail)
  values (new.user_id, case
    when tg_op = 'INSERT' then 'connection.made'
    when new.google_sub <> old.google_sub then 'connection.account_changed'
    when new.state = 'connected' then 'connection.regained'
    when new.state = 'needs_reconnect' then 'connection.lost'
    else 'connection.ended' end, jsonb_build_object('reason', new.reason));
  return null;
end
$$;
revoke execute on function private.record_connection_change() from public, anon, authenticated, service_role;

create trigger on_google_connection_insert_record_change after insert on public.google_connections
  for each row when (new.state = 'connected') execute function private.record_connection_change();
create trigger on_google_connection_update_record_change after update on public.google_connections
  for each row when ((old.state, old.google_sub) is distinct from (new.state, new.google_sub))
  execute function private.record_connection_change();
