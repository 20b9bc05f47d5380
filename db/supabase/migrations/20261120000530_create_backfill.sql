-- not breaking: `npm run ops -- backfill`: confirmed bookings from before the migrations are taken up, without mail

-- Meetings ahead that the pipeline has never heard of, in order of id after p_after. verdict: take | wait (until the
-- consultant connects Google; it goes on by itself then) | skip (reason says what is wrong with the row).
create function public.list_backfill_bookings(
  p_limit integer, p_after uuid default null, p_consultant_id uuid default null
) returns table (booking_id uuid, starts_at timestamptz, verdict text, reason text)
language sql stable security definer set search_path = '' as $$
  select b.id, b.starts_at,
    case when p.problem is not null then 'skip' when g.state = 'connected' then 'take' else 'wait' end,
    coalesce(p.problem,
      case when g.state is distinct from 'connected' then 'the consultant has not connected Google' end)
  from public.bookings b
  left join public.consultants c on c.id = b.consultant_id
  left join public.google_connections g on g.user_id = c.user_id
  cross join lateral (select case
    when c.id is null then 'the booking has no consultant'
    when c.user_id is null then 'the consultant is not tied to a user'
    when b.ends_at <= b.starts_at then 'the booking ends before it starts'
    when b.meeting_platform <> 'google_meet' then 'its meeting platform is not Google Meet' end as problem) p
  where b.pipeline_status is null and b.status = 'confirmed' and b.starts_at > now()
    and (p_consultant_id is null or b.consultant_id = p_consultant_id) and (p_after is null or b.id > p_after)
  order by b.id limit p_limit;
$$;
revoke execute on function public.list_backfill_bookings(integer, uuid, uuid) from public, anon, authenticated;
grant execute on function public.list_backfill_bookings(integer, uuid, uuid) to service_role;

-- Takes up those that are still as the plan saw them; a booking that was taken up before is left alone.
create function public.queue_backfill(p_booking_ids uuid[]) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  queued uuid[];
begin
  with taken as (
    update public.bookings b set pipeline_status = 'pending', pipeline_reason = null, pipeline_since = now()
    where b.id = any (p_booking_ids) and b.pipeline_status is null and b.status = 'confirmed' and b.starts_at > now()
    returning b.id
  )
  select coalesce(array_agg(t.id), '{}') into queued from taken t;
  insert into private.effects (booking_id, step, effect, key, outcome)
  select q.id, 'ops', 'backfill', q.id::text, 'taken up' from unnest(queued) as q (id);
  insert into private.outbox (topic, data, attributes)
  select 'booking-events', jsonb_build_object('bookingId', q.id), '{"kind": "booking.backfill", "version": "1"}'
  from unnest(queued) as q (id);
  if cardinality(queued) > 0 then perform private.ping_relay(); end if;
  return cardinality(queued);
end
$$;
revoke execute on function public.queue_backfill(uuid[]) from public, anon, authenticated;
grant execute on function public.queue_backfill(uuid[]) to service_role;

-- As before, and: the first link of a backfilled booking is noted as a mail that is not sent. Its customer was told
-- long ago, by the platform; a link that changes later is news.
create or replace function private.plan_booking_messages() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  planned integer;
begin
  select count(*) into planned from private.messages m where m.booking_id = new.id and m.kind = 'confirmation';
  perform private.plan_message(jsonb_build_object('kind', 'confirmation', 'bookingId', new.id,
    'recipient', btrim(new.customer_email), 'about', new.meeting_link));
  if planned = 0 and exists (
    select 1 from private.effects e where e.booking_id = new.id and e.effect = 'backfill')
  then
    update private.messages m
    set state = 'skipped', reason = 'The booking was backfilled: its customer knows of it.', settled_at = now()
    where m.booking_id = new.id and m.kind = 'confirmation' and m.state = 'planned';
  end if;
  return null;
end
$$;
revoke execute on function private.plan_booking_messages() from public, anon, authenticated, service_role;
