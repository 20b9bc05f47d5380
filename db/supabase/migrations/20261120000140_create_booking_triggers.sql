-- not breaking: a relevant change of a booking raises its revision and leaves an outbox row
create function private.stamp_booking_change() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' then
    new.revision := old.revision + 1;
  end if;
  -- What was captured stays captured: a new title does not undo a transcript. A completed booking asks nothing more
  -- of the calendar, and `scheduled` is what the search for its recording looks for.
  if (new.status = 'confirmed' or new.pipeline_status is not null) and new.status <> 'completed'
    and coalesce(new.pipeline_status, '') not in ('captured', 'transcribed', 'analyzed')
  then
    new.pipeline_status := 'pending';
    new.pipeline_reason := null;
    new.pipeline_since := now();
  end if;
  return new;
end
$$;
revoke execute on function private.stamp_booking_change() from public, anon, authenticated;

create trigger on_booking_insert_stamp before insert on public.bookings
  for each row when (new.status = 'confirmed') execute function private.stamp_booking_change();

create trigger on_booking_update_stamp before update on public.bookings
  for each row when (
    (old.status, old.starts_at, old.ends_at, old.time_zone, old.consultant_id, old.title,
     old.customer_name, old.customer_email, old.meeting_platform)
    is distinct from
    (new.status, new.starts_at, new.ends_at, new.time_zone, new.consultant_id, new.title,
     new.customer_name, new.customer_email, new.meeting_platform)
  ) execute function private.stamp_booking_change();

-- Wakes the relay. A hint only: pg_net loses its queue in a crash, so nothing here may fail a booking,
-- and its headers are readable by every login, so they carry a short-lived HMAC and no secret.
create function private.ping_relay() returns void
language plpgsql security definer set search_path = '' as $$
declare
  relay_url text;
  ping_key text;
  stamp text := extract(epoch from clock_timestamp())::bigint::text;
  nonce text := gen_random_uuid()::text;
begin
  select decrypted_secret into relay_url from vault.decrypted_secrets where name = 'relay_outbox_url';
  select decrypted_secret into ping_key from vault.decrypted_secrets where name = 'relay_ping_key';
  if relay_url is null or ping_key is null then return; end if;
  perform net.http_post(
    url := relay_url,
    body := '{}'::jsonb,
    headers := jsonb_build_object(
      'Content-Type', 'application/json',
      'X-Ping-Timestamp', stamp,
      'X-Ping-Nonce', nonce,
      'X-Ping-Signature', encode(extensions.hmac(stamp || '.' || nonce, ping_key, 'sha256'), 'hex')
    ),
    timeout_milliseconds := 5000
  );
exception when others then
  raise log 'relay ping skipped: %', sqlstate;
end
$$;
revoke execute on function private.ping_relay() from public, anon, authenticated;

-- Called by the three statement triggers below, as the owner: API roles have no rights on schema private.
create function private.publish_booking_confirmed_event() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  written integer;
begin
  if tg_op = 'INSERT' then
    insert into private.outbox (topic, data, attributes)
    select 'booking-events', jsonb_build_object('bookingId', n.id), '{"kind": "booking.changed", "version": "1"}'
    from new_rows n where n.status = 'confirmed';
  elsif tg_op = 'UPDATE' then
    -- The revision moves exactly when something relevant did, so a write-back emits nothing; a booking without a
    -- pipeline_status was never confirmed.
    insert into private.outbox (topic, data, attributes)
    select 'booking-events', jsonb_build_object('bookingId', n.id), '{"kind": "booking.changed", "version": "1"}'
    from new_rows n join old_rows o on o.id = n.id
    where n.revision > o.revision and n.pipeline_status is not null;
  else
    insert into private.booking_tombstones (booking_id)
    select o.id from old_rows o where o.pipeline_status is not null
    on conflict (booking_id) do update set deleted_at = now(), done_at = null;
    insert into private.outbox (topic, data, attributes)
    select 'booking-events', jsonb_build_object('bookingId', o.id), '{"kind": "booking.deleted", "version": "1"}'
    from old_rows o where o.pipeline_status is not null;
  end if;
  get diagnostics written = row_count;
  if written > 0 then perform private.ping_relay(); end if;
  return null;
end
$$;
revoke execute on function private.publish_booking_confirmed_event() from public, anon, authenticated;

create trigger on_booking_insert_publish_event after insert on public.bookings
  referencing new table as new_rows
  for each statement execute function private.publish_booking_confirmed_event();
create trigger on_booking_update_publish_event after update on public.bookings
  referencing old table as old_rows new table as new_rows
  for each statement execute function private.publish_booking_confirmed_event();
create trigger on_booking_delete_publish_event after delete on public.bookings
  referencing old table as old_rows
  for each statement execute function private.publish_booking_confirmed_event();
