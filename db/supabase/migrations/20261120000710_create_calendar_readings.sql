-- not breaking: reading a consultant's calendar step by step, and announcing the bookings whose events changed there

-- A row for each connected consultant (one, or all); another account or another calendar begins anew.
create function private.note_connected_calendars(p_user_id uuid default null) returns void
language sql security definer set search_path = '' as $$
  insert into private.calendar_readings (user_id, google_sub, calendar_id)
  select g.user_id, g.google_sub, coalesce(t.google_calendar_id, 'primary')
  from public.google_connections g left join public.user_tokens t on t.user_id = g.user_id
  where g.state = 'connected' and (p_user_id is null or g.user_id = p_user_id)
  on conflict on constraint calendar_readings_pkey do update
  set google_sub = excluded.google_sub, calendar_id = excluded.calendar_id, sync_token = null, holder = null,
      check_at = now(), failures = 0, channel_check_at = now(), channel_failures = 0
  where (calendar_readings.google_sub, calendar_readings.calendar_id)
    is distinct from (excluded.google_sub, excluded.calendar_id);
$$;
revoke execute on function private.note_connected_calendars(uuid) from public, anon, authenticated, service_role;

-- {kind: 'leased', fencing, calendarId, syncToken} | {kind: 'busy'} another reader is at work and will read once more
-- | {kind: 'not_connected'}
create function public.begin_calendar_reading(p_user_id uuid, p_holder text, p_lease_seconds double precision)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  reading private.calendar_readings;
begin
  perform private.note_connected_calendars(p_user_id);
  select * into reading from private.calendar_readings r where r.user_id = p_user_id for update;
  if not found or not exists (
    select 1 from public.google_connections g where g.user_id = p_user_id and g.state = 'connected'
  ) then
    return '{"kind": "not_connected"}'::jsonb;
  end if;
  if reading.holder is not null and reading.lease_expires_at > clock_timestamp() then
    update private.calendar_readings r set again = true where r.user_id = p_user_id;
    return '{"kind": "busy"}'::jsonb;
  end if;
  update private.calendar_readings r
  set holder = p_holder, fencing = r.fencing + 1, again = false,
      lease_expires_at = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where r.user_id = p_user_id returning * into reading;
  return jsonb_build_object('kind', 'leased', 'fencing', reading.fencing,
    'calendarId', reading.calendar_id, 'syncToken', reading.sync_token);
end
$$;
revoke execute on function public.begin_calendar_reading(uuid, text, double precision) from public, anon, authenticated;
grant execute on function public.begin_calendar_reading(uuid, text, double precision) to service_role;

-- Bookings of these rooms are looked at again, unless their meeting is over.
create function private.announce_calendar_edits(p_booking_ids uuid[]) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  announced integer;
begin
  insert into private.outbox (topic, data, attributes)
  select 'booking-events', jsonb_build_object('bookingId', b.id), '{"kind": "calendar.edited", "version": "1"}'
  from public.bookings b where b.id = any (p_booking_ids) and b.ends_at > now();
  get diagnostics announced = row_count;
  if announced > 0 then perform private.ping_relay(); end if;
  return announced;
end
$$;
revoke execute on function private.announce_calendar_edits(uuid[]) from public, anon, authenticated, service_role;

-- One page of what Google says: [{id, etag}]. Announces the bookings whose events are not as we left them, notes that
-- they were seen, and lengthens the lease. Null: another reader has taken over. Where process-booking is at work it
-- compares by itself what was seen with what it leaves: the change may be its own, not yet noted.
create function public.record_calendar_page(
  p_user_id uuid, p_fencing bigint, p_reading uuid, p_events jsonb, p_lease_seconds double precision
) returns integer language plpgsql security definer set search_path = '' as $$
declare
  edited uuid[];
begin
  update private.calendar_readings r set lease_expires_at = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where r.user_id = p_user_id and r.fencing = p_fencing and r.holder is not null;
  if not found then return null; end if;
  -- Whoever is about to leave a booking leaves first, and is seen to have left.
  perform 1 from private.booking_leases l
  where l.booking_id in (
    select r.booking_id from private.booking_rooms r
    join jsonb_to_recordset(p_events) as e (id text) on e.id = r.event_id
    where r.user_id = p_user_id and r.retired_at is null)
  order by l.booking_id for share;
  with seen as (
    update private.booking_rooms r set seen_in = p_reading, seen_etag = case when w.holder is not null then e.etag end
    from jsonb_to_recordset(p_events) as e (id text, etag text), private.booking_rooms o
    left join private.booking_leases w
      on w.booking_id = o.booking_id and w.holder is not null and w.expires_at > clock_timestamp()
    where r.user_id = p_user_id and r.event_id = e.id and r.retired_at is null
      and (o.booking_id, o.user_id, o.calendar_id, o.event_id) = (r.booking_id, r.user_id, r.calendar_id, r.event_id)
    returning r.booking_id, r.etag is distinct from e.etag and w.holder is null as foreign_change
  )
  select array_agg(s.booking_id) into edited from seen s where s.foreign_change;
  return private.announce_calendar_edits(coalesce(edited, '{}'));
end
$$;
revoke execute on function public.record_calendar_page(uuid, bigint, uuid, jsonb, double precision)
  from public, anon, authenticated;
grant execute on function public.record_calendar_page(uuid, bigint, uuid, jsonb, double precision) to service_role;

-- The token is kept after everything before it was recorded. A whole reading also announces the bookings whose events
-- it did not see: they are asked for by name then, and nothing is concluded here. True: read once more.
create function public.finish_calendar_reading(
  p_user_id uuid, p_fencing bigint, p_result jsonb, p_check_seconds double precision
) returns boolean language plpgsql security definer set search_path = '' as $$
declare
  reading private.calendar_readings;
  unseen uuid[];
begin
  select * into reading from private.calendar_readings r
  where r.user_id = p_user_id and r.fencing = p_fencing and r.holder is not null for update;
  if not found then return false; end if;
  if (p_result ->> 'whole')::boolean then
    select array_agg(r.booking_id) into unseen from private.booking_rooms r
    where r.user_id = p_user_id and r.retired_at is null
      and r.calendar_id = reading.calendar_id
      and r.seen_in is distinct from (p_result ->> 'reading')::uuid;
    perform private.announce_calendar_edits(coalesce(unseen, '{}'));
  end if;
  update private.calendar_readings r
  set sync_token = p_result ->> 'syncToken', read_at = clock_timestamp(), problem = null, failures = 0, again = false,
      holder = case when reading.again then r.holder end,
      check_at = clock_timestamp() + make_interval(secs => p_check_seconds)
  where r.user_id = p_user_id;
  return reading.again;
end
$$;
revoke execute on function public.finish_calendar_reading(uuid, bigint, jsonb, double precision)
  from public, anon, authenticated;
grant execute on function public.finish_calendar_reading(uuid, bigint, jsonb, double precision) to service_role;

-- A failure waits longer each time: p_retry_seconds, then twice that, up to 64 times.
create function public.break_off_calendar_reading(
  p_user_id uuid, p_fencing bigint, p_problem text, p_retry_seconds double precision
) returns void language sql security definer set search_path = '' as $$
  update private.calendar_readings r
  set holder = null, problem = left(p_problem, 500), failures = r.failures + 1,
      check_at = clock_timestamp() + make_interval(secs => p_retry_seconds * 2 ^ least(r.failures, 6))
  where r.user_id = p_user_id and r.fencing = p_fencing;
$$;
revoke execute on function public.break_off_calendar_reading(uuid, bigint, text, double precision)
  from public, anon, authenticated;
grant execute on function public.break_off_calendar_reading(uuid, bigint, text, double precision) to service_role;
