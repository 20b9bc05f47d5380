-- not breaking: a backfill is taken back: what it made goes, what it adopted loses our marks, rows are as before

-- What an undo would do with each booking that a backfill took up: undo | undoing | undone | changed (its platform has
-- changed it since) | held (its meeting has begun or was recorded) | gone (called off or deleted: nothing is left).
create view private.backfill_returns with (security_invoker = true) as
  select i.booking_id, i.backfill_id, i.user_id, i.starts_at, i.state, i.updated_at, b.consultant_id, b.pipeline_status, case
    when i.state = 'undone' then 'undone'
    when b.id is null or b.status <> 'confirmed' then 'gone'
    when i.state = 'undoing' and b.revision = i.revision then 'undoing'
    when b.starts_at <= now() or b.pipeline_status in ('captured', 'transcribed', 'analyzed') then 'held'
    when b.revision is distinct from i.revision then 'changed'
    else 'undo' end as verdict
  from private.backfill_items i left join public.bookings b on b.id = i.booking_id
  where i.state in ('queued', 'applied', 'failed', 'undoing', 'undone');
revoke all on table private.backfill_returns from public, anon, authenticated, service_role;
create index backfill_items_taken_up on private.backfill_items (backfill_id, user_id, starts_at)
  where state in ('queued', 'applied', 'failed', 'undoing');

-- [{verdict, count, bookings: the soonest few}]
create function public.read_backfill_undo(p_backfill_id bigint, p_consultant_id uuid default null) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('verdict', g.verdict, 'count', g.count, 'bookings', g.some)), '[]')
  from (
    select r.verdict, count(*) as count,
      (array_agg(r.booking_id order by r.starts_at) filter (where r.verdict <> 'undo'))[1:20] as some
    from private.backfill_returns r
    where r.backfill_id = p_backfill_id and (p_consultant_id is null or r.consultant_id = p_consultant_id)
    group by r.verdict order by r.verdict) g;
$$;
revoke execute on function public.read_backfill_undo(bigint, uuid) from public, anon, authenticated;
grant execute on function public.read_backfill_undo(bigint, uuid) to service_role;

-- Asks for the next bookings to be taken back: those an undo may touch, with changedToo those that their platform has
-- changed since, and those whose undo has failed or waits, once in a run (begun at p_limits ->> 'begunAt').
-- p_limits: {limit, perConsultant, changedToo, begunAt}. Returns how many were asked for; 0 at the end.
create function public.queue_backfill_undo(p_backfill_id bigint, p_limits jsonb, p_consultant_id uuid default null)
returns integer language plpgsql security definer set search_path = '' as $$
declare
  chosen uuid[];
  changed_too boolean := coalesce((p_limits ->> 'changedToo')::boolean, false);
begin
  perform pg_advisory_xact_lock(hashtext('booking-insights.queue_backfill'));
  select coalesce(array_agg(n.booking_id), '{}') into chosen from (
    select r.booking_id
    from (select c.user_id from public.consultants c where c.user_id is not null) u
    cross join lateral (
      select v.booking_id, v.starts_at from private.backfill_returns v
      where v.backfill_id = p_backfill_id and v.user_id = u.user_id and v.state in ('queued', 'applied', 'failed', 'undoing')
        and (p_consultant_id is null or v.consultant_id = p_consultant_id)
        and (v.verdict = 'undo' or v.verdict = 'changed' and changed_too
          or v.verdict = 'undoing' and v.pipeline_status in ('failed', 'held', 'needs_reconnect')
            and v.updated_at < (p_limits ->> 'begunAt')::timestamptz)
      order by v.starts_at limit (p_limits ->> 'perConsultant')::integer) r
    order by r.starts_at limit (p_limits ->> 'limit')::integer) n;
  with taken as (
    update public.bookings b
    set pipeline_status = 'pending', pipeline_reason = 'The backfill is being undone.', pipeline_since = now()
    where b.id = any (chosen) returning b.id, b.revision
  )
  update private.backfill_items i set state = 'undoing', revision = t.revision, note = null, updated_at = now()
  from taken t where i.booking_id = t.id;
  update private.booking_leases l set requeues = 0, requeued_at = null where l.booking_id = any (chosen);
  insert into private.effects (booking_id, step, effect, key, outcome)
  select q.id, 'ops', 'backfill', p_backfill_id::text, 'undo asked for' from unnest(chosen) as q (id);
  insert into private.outbox (topic, data, attributes)
  select 'booking-events', jsonb_build_object('bookingId', q.id), '{"kind": "booking.backfill_undo", "version": "1"}'
  from unnest(chosen) as q (id);
  update private.backfills f set undone_at = coalesce(f.undone_at, now())
  where f.id = p_backfill_id and cardinality(chosen) > 0;
  if cardinality(chosen) > 0 then perform private.ping_relay(); end if;
  return cardinality(chosen);
end
$$;
revoke execute on function public.queue_backfill_undo(bigint, jsonb, uuid) from public, anon, authenticated;
grant execute on function public.queue_backfill_undo(bigint, jsonb, uuid) to service_role;
