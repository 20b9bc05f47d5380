-- not breaking: a backfill's plan: which bookings, and whose calendars to read

-- The plan that was not applied yet is made anew; else a new one. What is no longer a candidate leaves it.
create function public.open_backfill(p_consultant_id uuid default null) returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  opened bigint;
begin
  perform pg_advisory_xact_lock(hashtext('booking-insights.open_backfill'));
  update private.backfills f set planned_at = now()
  where f.id = (select max(l.id) from private.backfills l) and f.applied_at is null
    and f.consultant_id is not distinct from p_consultant_id
  returning f.id into opened;
  if opened is null then
    insert into private.backfills (consultant_id) values (p_consultant_id) returning id into opened;
  end if;
  delete from private.backfill_items i
  where i.backfill_id = opened and i.state = 'planned'
    and not exists (select 1 from private.backfill_candidates c where c.booking_id = i.booking_id);
  return opened;
end
$$;
revoke execute on function public.open_backfill(uuid) from public, anon, authenticated;
grant execute on function public.open_backfill(uuid) to service_role;

-- Takes the next candidates after p_after into the plan; gives the last one's id, null at the end. Until its calendar
-- was read a booking is a conflict: nobody knows what is there.
create function public.plan_backfill_page(p_backfill_id bigint, p_after uuid, p_limit integer)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  page uuid[];
begin
  select array_agg(n.booking_id order by n.booking_id) into page from (
    select c.booking_id
    from private.backfills f
    join private.backfill_candidates c on f.consultant_id is null or c.consultant_id = f.consultant_id
    where f.id = p_backfill_id and (p_after is null or c.booking_id > p_after)
    order by c.booking_id limit p_limit) n;
  insert into private.backfill_items as i (booking_id, backfill_id, user_id, starts_at, action, reason)
  select c.booking_id, p_backfill_id, c.user_id, c.starts_at,
    case when c.problem is null then 'conflict' else 'skip' end, coalesce(c.problem, 'calendar_unread')
  from private.backfill_candidates c where c.booking_id = any (page)
  on conflict (booking_id) do update
  set backfill_id = excluded.backfill_id, user_id = excluded.user_id, starts_at = excluded.starts_at,
      action = excluded.action, reason = excluded.reason, event_id = null, event_etag = null, calendar_id = null,
      -- what was confirmed for an earlier backfill is not confirmed for this one
      decision = case when i.state = 'planned' then i.decision end, state = 'planned', note = null, revision = null, before = null, updated_at = now();
  return jsonb_build_object('last', page[cardinality(page)], 'count', coalesce(cardinality(page), 0));
end
$$;
revoke execute on function public.plan_backfill_page(bigint, uuid, integer) from public, anon, authenticated;
grant execute on function public.plan_backfill_page(bigint, uuid, integer) to service_role;

-- Asks process-booking to read the calendars of a plan. One that is being read is not asked for again, unless that
-- was long ago. Returns how many were asked for.
create function public.queue_calendar_reads(p_backfill_id bigint) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  asked integer;
begin
  delete from private.backfill_calendars r
  where r.backfill_id = p_backfill_id and not exists (
    select 1 from private.backfill_items i
    where i.backfill_id = p_backfill_id and i.state = 'planned' and i.user_id = r.user_id and i.action <> 'skip');
  with wanted as (
    insert into private.backfill_calendars as r (backfill_id, user_id, requested_at)
    select distinct p_backfill_id, i.user_id, now() from private.backfill_items i
    where i.backfill_id = p_backfill_id and i.state = 'planned' and i.action <> 'skip'
    on conflict (backfill_id, user_id) do update set requested_at = now(), read_at = null, problem = null
    where r.read_at is not null or r.requested_at < now() - interval '10 minutes'
    returning r.user_id
  )
  insert into private.outbox (topic, data, attributes)
  select 'booking-events', jsonb_build_object('backfillId', p_backfill_id, 'userId', w.user_id),
    '{"kind": "calendar.read", "version": "1"}'
  from wanted w;
  get diagnostics asked = row_count;
  if asked > 0 then perform private.ping_relay(); end if;
  return asked;
end
$$;
revoke execute on function public.queue_calendar_reads(bigint) from public, anon, authenticated;
grant execute on function public.queue_calendar_reads(bigint) to service_role;
