-- not breaking: a backfill's plan is carried out through the outbox, everybody's next meetings first

-- Items of a plan that may be carried out: created as proposed or as decided, adopted only as decided.
create view private.backfill_wanted with (security_invoker = true) as
  select i.* from private.backfill_items i
  where i.state = 'planned' and case coalesce(i.decision, i.action)
    when 'create' then i.action <> 'skip' and i.reason is distinct from 'calendar_unread'
    when 'adopt' then i.action = 'adopt' and i.decision = 'adopt' else false end;
revoke all on table private.backfill_wanted from public, anon, authenticated, service_role;

-- The next bookings of a plan: the soonest of each consultant, at most p_per_consultant of each.
create function private.next_backfill_items(p_backfill_id bigint, p_limits jsonb, p_consultant_id uuid)
returns uuid[] language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(n.booking_id), '{}') from (
    select w.booking_id
    from (
      select c.user_id from public.consultants c
      where c.user_id is not null and (p_consultant_id is null or c.id = p_consultant_id)) u
    cross join lateral (
      select w.booking_id, w.starts_at from private.backfill_wanted w
      where w.backfill_id = p_backfill_id and w.user_id = u.user_id
      order by w.starts_at limit (p_limits ->> 'perConsultant')::integer) w
    order by w.starts_at limit (p_limits ->> 'limit')::integer) n;
$$;
revoke execute on function private.next_backfill_items(bigint, jsonb, uuid) from public, anon, authenticated;

-- Takes up the next bookings of a plan. One that was changed, taken up or called off since the plan is dropped from it.
-- p_limits: {limit, perConsultant}. Returns {queued, dropped}; both 0 at the end.
create function public.queue_backfill_items(p_backfill_id bigint, p_limits jsonb, p_consultant_id uuid default null)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  chosen uuid[];
  queued uuid[];
begin
  -- Two operators at once: the second waits here and finds the first one's bookings taken up.
  perform pg_advisory_xact_lock(hashtext('booking-insights.queue_backfill'));
  chosen := private.next_backfill_items(p_backfill_id, p_limits, p_consultant_id);
  with present as (
    select b.* from public.bookings b join public.consultants c on c.id = b.consultant_id
    join private.backfill_items i on i.booking_id = b.id
    where b.id = any (chosen) and b.pipeline_status is null and b.status = 'confirmed' and b.starts_at > now()
      and c.user_id = i.user_id and b.starts_at = i.starts_at
    for update of b
  ), taken as (
    update public.bookings b set pipeline_status = 'pending', pipeline_reason = null, pipeline_since = now()
    from present p where b.id = p.id returning b.id
  ), noted as (
    update private.backfill_items i
    set state = 'queued', revision = p.revision, updated_at = now(), note = null,
        before = jsonb_build_object('eventId', p.google_calendar_event_id, 'link', p.google_calendar_link,
          'meetingLink', p.meeting_link, 'meetingId', p.meeting_id, 'generation', p.calendar_generation)
    from present p join taken t on t.id = p.id where i.booking_id = p.id returning i.booking_id
  )
  select coalesce(array_agg(n.booking_id), '{}') into queued from noted n;
  update private.backfill_items i
  set state = 'dropped', note = 'The booking has changed since the plan was made.', updated_at = now()
  where i.booking_id = any (chosen) and i.state = 'planned';
  insert into private.effects (booking_id, step, effect, key, outcome)
  select q.id, 'ops', 'backfill', p_backfill_id::text, 'taken up' from unnest(queued) as q (id);
  insert into private.outbox (topic, data, attributes)
  select 'booking-events', jsonb_build_object('bookingId', q.id), '{"kind": "booking.backfill", "version": "1"}'
  from unnest(queued) as q (id);
  update private.backfills f set applied_at = coalesce(f.applied_at, now())
  where f.id = p_backfill_id and cardinality(queued) > 0;
  if cardinality(queued) > 0 then perform private.ping_relay(); end if;
  return jsonb_build_object('queued', cardinality(queued), 'dropped', cardinality(chosen) - cardinality(queued));
end
$$;
revoke execute on function public.queue_backfill_items(bigint, jsonb, uuid) from public, anon, authenticated;
grant execute on function public.queue_backfill_items(bigint, jsonb, uuid) to service_role;
