-- not breaking: bookings that wait too long or whose consultant has connected again are announced once more

-- Asks again for bookings that wait longer than they should: a lost message, a dead letter, a link that Google
-- finished late. Bounded: after p_max_requeues the row says so and a person takes over. A change of the booking
-- starts the count anew. So are bookings that still say needs_reconnect although the consultant is connected: a pass
-- that parked them beside the connect itself, or an answer of Google's that was wrong.
create function public.requeue_overdue_bookings(
  p_overdue_seconds double precision, p_limit integer, p_max_requeues integer
) returns integer language plpgsql security definer set search_path = '' as $$
declare
  asked integer;
  due_before timestamptz := now() - make_interval(secs => p_overdue_seconds);
begin
  insert into private.booking_leases (booking_id)
  select b.id from public.bookings b
  where b.pipeline_status in ('pending', 'needs_reconnect') and b.pipeline_since < due_before
  union
  select t.booking_id from private.booking_tombstones t where t.done_at is null and t.deleted_at < due_before
  on conflict (booking_id) do nothing;

  update public.bookings b
  set pipeline_status = 'failed', pipeline_since = now(),
      pipeline_reason = coalesce(b.pipeline_reason || ' ', '')
        || 'The calendar could not be brought up to date in ' || p_max_requeues || ' rounds of retries; '
        || 'change the booking to try again.'
  from private.booking_leases l
  where l.booking_id = b.id and b.pipeline_status = 'pending' and l.requeues >= p_max_requeues
    and l.requeued_at < due_before and l.requeued_at > b.pipeline_since;

  with due as (
    select l.booking_id, coalesce(l.requeued_at < coalesce(b.pipeline_since, t.deleted_at), false) as anew
    from private.booking_leases l
    left join public.bookings b on b.id = l.booking_id
    left join private.booking_tombstones t on t.booking_id = l.booking_id
    left join public.consultants c on c.id = b.consultant_id
    left join public.google_connections g on g.user_id = c.user_id
    where (b.pipeline_status = 'pending' and b.pipeline_since < due_before
           or b.pipeline_status = 'needs_reconnect' and g.state = 'connected' and b.pipeline_since < due_before
           or b.id is null and t.done_at is null and t.deleted_at < due_before)
      and (l.requeues < p_max_requeues or l.requeued_at < coalesce(b.pipeline_since, t.deleted_at))
      and (l.requeued_at is null or l.requeued_at < due_before)
      and not exists (
        select 1 from private.outbox o
        where o.data ->> 'bookingId' = l.booking_id::text and o.published_at is null and o.dead_at is null
      )
    order by l.requeued_at nulls first limit p_limit for update of l skip locked
  ), noted as (
    update private.booking_leases l
    set requeues = case when due.anew then 1 else l.requeues + 1 end, requeued_at = now()
    from due where l.booking_id = due.booking_id returning l.booking_id
  )
  insert into private.outbox (topic, data, attributes)
  select 'booking-events', jsonb_build_object('bookingId', n.booking_id), '{"kind": "booking.overdue", "version": "1"}'
  from noted n;
  get diagnostics asked = row_count;
  if asked > 0 then perform private.ping_relay(); end if;
  return asked;
end
$$;
revoke execute on function public.requeue_overdue_bookings(double precision, integer, integer)
  from public, anon, authenticated;
grant execute on function public.requeue_overdue_bookings(double precision, integer, integer) to service_role;

-- Bookings of a consultant who has (re)connected go on, each announced once: those that were parked, those whose
-- pass is under way and may park them yet, and those that left an event on this consultant's calendar behind.
-- Returns how many were parked.
create function public.requeue_parked_bookings(p_user_id uuid) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  announced uuid[];
  resumed uuid[];
begin
  select coalesce(array_agg(b.id), '{}') into announced
  from public.bookings b join public.consultants c on c.id = b.consultant_id
  left join private.booking_leases l on l.booking_id = b.id
  where c.user_id = p_user_id
    and (b.pipeline_status = 'pending' and l.holder is not null or b.pipeline_reason like 'Calendar: %');

  with changed as (
    update public.bookings b set pipeline_status = 'pending', pipeline_reason = null, pipeline_since = now()
    from public.consultants c
    where c.id = b.consultant_id and c.user_id = p_user_id and b.pipeline_status = 'needs_reconnect'
    returning b.id
  )
  select coalesce(array_agg(c.id), '{}') into resumed from changed c;

  with waiting as (
    select unnest(announced || resumed) as id
    union
    select r.booking_id from private.booking_rooms r left join public.bookings b on b.id = r.booking_id
    where r.user_id = p_user_id and r.retired_at is null
      and (b.id is null or b.status not in ('confirmed', 'completed')
           or b.google_calendar_event_id is distinct from r.event_id)
  )
  insert into private.outbox (topic, data, attributes)
  select 'booking-events', jsonb_build_object('bookingId', w.id), '{"kind": "booking.reconnected", "version": "1"}'
  from waiting w;
  if found then perform private.ping_relay(); end if;
  return cardinality(resumed);
end
$$;
revoke execute on function public.requeue_parked_bookings(uuid) from public, anon, authenticated;
grant execute on function public.requeue_parked_bookings(uuid) to service_role;
