-- not breaking: the one write-back of process-booking, by compare-and-swap under the lease's fencing number

-- p_result: {status, reason, calendarGeneration, googleCalendarEventId, googleCalendarLink, meetingLink, meetingId,
--            room: {userId, eventId, spaceName, meetingCode} | null, retired: [{userId, eventId}], effects: [...]}
-- {kind: 'written'} the lease is free again | {kind: 'changed', snapshot} the row moved on, the lease stays
-- | {kind: 'fenced'} another holder took over, nothing but the effects was recorded.
create function public.finish_booking_reconcile(
  p_booking_id uuid, p_fencing bigint, p_revision integer, p_result jsonb
) returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  room jsonb := nullif(p_result -> 'room', 'null'::jsonb);
begin
  perform public.record_effects(coalesce(p_result -> 'effects', '[]'::jsonb));
  perform 1 from private.booking_leases l
  where l.booking_id = p_booking_id and l.fencing = p_fencing and l.holder is not null for update;
  if not found then return '{"kind": "fenced"}'::jsonb; end if;

  update private.booking_rooms r set retired_at = now()
  from jsonb_to_recordset(coalesce(p_result -> 'retired', '[]'::jsonb)) as x ("userId" uuid, "eventId" text)
  where r.booking_id = p_booking_id and r.user_id = x."userId" and r.event_id = x."eventId" and r.retired_at is null;
  if room is not null then
    update private.booking_rooms r set space_name = room ->> 'spaceName', meeting_code = room ->> 'meetingCode'
    where r.booking_id = p_booking_id and r.user_id = (room ->> 'userId')::uuid and r.event_id = room ->> 'eventId';
  end if;

  update public.bookings b
  set google_calendar_event_id = p_result ->> 'googleCalendarEventId',
      google_calendar_link = p_result ->> 'googleCalendarLink',
      meeting_link = p_result ->> 'meetingLink',
      meeting_id = p_result ->> 'meetingId',
      calendar_generation = (p_result ->> 'calendarGeneration')::integer,
      pipeline_status = case
        when b.pipeline_status in ('captured', 'transcribed', 'analyzed') and p_result ->> 'status' = 'scheduled'
        then b.pipeline_status else p_result ->> 'status' end,
      pipeline_reason = p_result ->> 'reason',
      pipeline_since = case when b.pipeline_status is distinct from p_result ->> 'status' then now() else b.pipeline_since end
  where b.id = p_booking_id and b.revision = p_revision;
  if not found then
    if exists (select 1 from public.bookings b where b.id = p_booking_id) or p_revision is not null then
      return jsonb_build_object('kind', 'changed', 'snapshot', private.booking_snapshot(p_booking_id));
    end if;
    update private.booking_tombstones t set done_at = now() where t.booking_id = p_booking_id;
  end if;
  update private.booking_leases l set holder = null, requeues = 0, requeued_at = null
  where l.booking_id = p_booking_id;
  return '{"kind": "written"}'::jsonb;
end
$$;
revoke execute on function public.finish_booking_reconcile(uuid, bigint, integer, jsonb) from public, anon, authenticated;
grant execute on function public.finish_booking_reconcile(uuid, bigint, integer, jsonb) to service_role;

-- Asks again for bookings that wait longer than they should: a lost message, a dead letter, a link that Google
-- finished late. Bounded: after p_max_requeues the row says so and a person takes over.
create function public.requeue_overdue_bookings(
  p_overdue_seconds double precision, p_limit integer, p_max_requeues integer
) returns integer language plpgsql security definer set search_path = '' as $$
declare
  asked integer;
begin
  insert into private.booking_leases (booking_id)
  select b.id from public.bookings b
  where b.pipeline_status = 'pending' and b.pipeline_since < now() - make_interval(secs => p_overdue_seconds)
  on conflict (booking_id) do nothing;

  update public.bookings b
  set pipeline_status = 'failed', pipeline_since = now(),
      pipeline_reason = coalesce(b.pipeline_reason || ' ', '')
        || 'The calendar could not be brought up to date after ' || p_max_requeues || ' rounds of retries; '
        || 'change the booking to try again.'
  from private.booking_leases l
  where l.booking_id = b.id and b.pipeline_status = 'pending' and l.requeues >= p_max_requeues
    and l.requeued_at < now() - make_interval(secs => p_overdue_seconds);

  with due as (
    select l.booking_id
    from private.booking_leases l
    left join public.bookings b on b.id = l.booking_id
    left join private.booking_tombstones t on t.booking_id = l.booking_id
    where (b.pipeline_status = 'pending' and b.pipeline_since < now() - make_interval(secs => p_overdue_seconds)
           or b.id is null and t.done_at is null and t.deleted_at < now() - make_interval(secs => p_overdue_seconds))
      and l.requeues < p_max_requeues
      and (l.requeued_at is null or l.requeued_at < now() - make_interval(secs => p_overdue_seconds))
      and not exists (
        select 1 from private.outbox o
        where o.data ->> 'bookingId' = l.booking_id::text and o.published_at is null and o.dead_at is null
      )
    order by l.requeued_at nulls first limit p_limit for update of l skip locked
  ), noted as (
    update private.booking_leases l set requeues = l.requeues + 1, requeued_at = now()
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

-- Parked bookings of a consultant who has (re)connected go on, each once.
create function public.requeue_parked_bookings(p_user_id uuid) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  asked integer;
begin
  with resumed as (
    update public.bookings b set pipeline_status = 'pending', pipeline_reason = null, pipeline_since = now()
    from public.consultants c
    where c.id = b.consultant_id and c.user_id = p_user_id and b.pipeline_status = 'needs_reconnect'
    returning b.id
  )
  insert into private.outbox (topic, data, attributes)
  select 'booking-events', jsonb_build_object('bookingId', r.id), '{"kind": "booking.reconnected", "version": "1"}'
  from resumed r;
  get diagnostics asked = row_count;
  if asked > 0 then perform private.ping_relay(); end if;
  return asked;
end
$$;
revoke execute on function public.requeue_parked_bookings(uuid) from public, anon, authenticated;
grant execute on function public.requeue_parked_bookings(uuid) to service_role;
