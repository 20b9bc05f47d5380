-- not breaking: `npm run ops -- replay` and `resync`: a look at bookings, asked for by an operator

-- How many outbox rows were set aside, why, and a few of them; asOf bounds the replay that follows.
create function public.read_dead_outbox(p_limit integer) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object(
    'asOf', clock_timestamp(),
    'count', (select count(*) from private.outbox o where o.dead_at is not null and o.published_at is null),
    'rows', coalesce((
      select jsonb_agg(jsonb_build_object('id', d.id, 'topic', d.topic, 'kind', d.attributes ->> 'kind',
        'bookingId', d.data ->> 'bookingId', 'attempts', d.attempts, 'deadAt', d.dead_at, 'reason', d.last_error)
        order by d.id)
      from (
        select * from private.outbox o where o.dead_at is not null and o.published_at is null
        order by o.id limit p_limit) d), '[]'));
$$;
revoke execute on function public.read_dead_outbox(integer) from public, anon, authenticated;
grant execute on function public.read_dead_outbox(integer) to service_role;

-- Gives rows that were set aside before p_dead_before back to the relay. One that dies again meanwhile has a later
-- dead_at: a replay ends, whatever Pub/Sub answers.
create function public.replay_dead_outbox(p_dead_before timestamptz, p_limit integer) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  replayed integer;
begin
  update private.outbox o set dead_at = null, claimed_until = null, attempts = 0
  where o.id = any (array(
    select d.id from private.outbox d
    where d.dead_at is not null and d.published_at is null and d.dead_at <= p_dead_before
    order by d.id limit p_limit for update skip locked));
  get diagnostics replayed = row_count;
  if replayed > 0 then perform private.ping_relay(); end if;
  return replayed;
end
$$;
revoke execute on function public.replay_dead_outbox(timestamptz, integer) from public, anon, authenticated;
grant execute on function public.replay_dead_outbox(timestamptz, integer) to service_role;
create index outbox_dead on private.outbox (id) where dead_at is not null and published_at is null;

-- What asking for a look at each booking would do: queue | waiting (it is announced already) | unknown |
-- not_in_pipeline | recording_failed (the calendar is not what failed, and a look would cover up what did).
create function public.judge_bookings(p_booking_ids uuid[]) returns table (booking_id uuid, verdict text)
language sql stable security definer set search_path = '' as $$
  select w.id, case
    when exists (
      select 1 from private.outbox o where o.data ->> 'bookingId' = w.id::text and o.topic = 'booking-events'
        and o.published_at is null and o.dead_at is null) then 'waiting'
    when b.id is null and exists (
      select 1 from private.booking_tombstones t where t.booking_id = w.id and t.done_at is null) then 'queue'
    when b.id is null then 'unknown'
    when b.pipeline_status is null then 'not_in_pipeline'
    when b.pipeline_status = 'failed' and exists (
      select 1 from public.recordings r where r.booking_id = w.id and r.state <> 'ignored') then 'recording_failed'
    else 'queue' end
  from (select distinct unnest(p_booking_ids) as id) w left join public.bookings b on b.id = w.id
  order by w.id;
$$;
revoke execute on function public.judge_bookings(uuid[]) from public, anon, authenticated;
grant execute on function public.judge_bookings(uuid[]) to service_role;

-- Announces the bookings that judge_bookings would queue. A failed one waits anew, with all its rounds before it, so
-- that keep-watch looks after it as after any other. p_command: 'replay' | 'resync'
create function public.queue_bookings(p_booking_ids uuid[], p_command text) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  queued uuid[];
begin
  -- Two operators at once: the second waits here and finds the first one's rows waiting.
  perform pg_advisory_xact_lock(hashtext('booking-insights.queue_bookings'));
  select coalesce(array_agg(j.booking_id), '{}') into queued
  from public.judge_bookings(p_booking_ids) j where j.verdict = 'queue';
  update public.bookings b set pipeline_status = 'pending', pipeline_reason = null, pipeline_since = now()
  where b.id = any (queued) and b.pipeline_status = 'failed';
  update private.booking_leases l set requeues = 0, requeued_at = null where l.booking_id = any (queued);
  insert into private.outbox (topic, data, attributes)
  select 'booking-events', jsonb_build_object('bookingId', q.id),
    jsonb_build_object('kind', 'booking.' || p_command, 'version', '1')
  from unnest(queued) as q (id);
  if cardinality(queued) > 0 then perform private.ping_relay(); end if;
  return cardinality(queued);
end
$$;
revoke execute on function public.queue_bookings(uuid[], text) from public, anon, authenticated;
grant execute on function public.queue_bookings(uuid[], text) to service_role;

-- Bookings a resync looks at, in order of id after p_after: meetings not over yet, and what was deleted or called off
-- and may have left an event behind. Not those that a resync announced within p_again_seconds: a broken-off one goes on
-- where it stopped, and a second one does nothing. p_consultant_id null: of everybody.
create function public.list_resync_bookings(
  p_again_seconds double precision, p_limit integer, p_after uuid default null, p_consultant_id uuid default null
) returns table (booking_id uuid)
language sql stable security definer set search_path = '' as $$
  select c.id from (
    select b.id from public.bookings b
    where b.pipeline_status is not null and (p_consultant_id is null or b.consultant_id = p_consultant_id)
      and (b.status = 'confirmed' and b.ends_at > now()
        or b.status not in ('confirmed', 'completed') and exists (
          select 1 from private.booking_rooms r where r.booking_id = b.id and r.retired_at is null))
    union all
    select t.booking_id from private.booking_tombstones t where t.done_at is null and p_consultant_id is null
  ) c
  -- A scalar sub-select looks into the index once a row; `not exists` became a join over all outbox rows where the
  -- planner had no statistics yet.
  where (p_after is null or c.id > p_after) and (
    select true from private.outbox o
    where o.data ->> 'bookingId' = c.id::text and o.topic = 'booking-events'
      and (o.published_at is null and o.dead_at is null
        or o.attributes ->> 'kind' = 'booking.resync'
          and o.created_at > now() - make_interval(secs => p_again_seconds))
    limit 1) is null
  order by c.id limit p_limit;
$$;
revoke execute on function public.list_resync_bookings(double precision, integer, uuid, uuid)
  from public, anon, authenticated;
grant execute on function public.list_resync_bookings(double precision, integer, uuid, uuid) to service_role;
