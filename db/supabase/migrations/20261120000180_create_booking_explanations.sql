-- not breaking: what waits too long, and the story of one booking in sentences

create view public.overdue_bookings with (security_invoker = true) as
  select b.id, b.consultant_id, b.pipeline_status, b.pipeline_reason, b.pipeline_since,
         now() - b.pipeline_since as waiting
  from public.bookings b
  where b.pipeline_status in ('pending', 'captured', 'transcribed') and b.pipeline_since < now() - interval '10 minutes'
     or b.pipeline_status in ('failed', 'needs_reconnect', 'held');
revoke all on table public.overdue_bookings from public, anon, authenticated, service_role;
grant select on table public.overdue_bookings to service_role;

create function public.explain_booking(p_booking_id uuid) returns setof text
language sql stable security definer set search_path = '' as $$
  select s.sentence from (
    select o.created_at as at, 1 as part, o.id as nr, format(
      '%s: a change was recorded (%s, outbox row %s)%s.', to_char(o.created_at, 'YYYY-MM-DD HH24:MI:SS.MS'),
      o.attributes ->> 'kind', o.id, case
        when o.published_at is not null then ' and published at ' || to_char(o.published_at, 'HH24:MI:SS.MS')
        when o.dead_at is not null then ' and set aside: ' || coalesce(o.last_error, 'no reason known')
        else ' and waits for the relay' end) as sentence
    from private.outbox o where o.data ->> 'bookingId' = p_booking_id::text
    union all
    select e.at, 2, e.id, format('%s: %s did %s %s: %s.', to_char(e.at, 'YYYY-MM-DD HH24:MI:SS.MS'),
      e.step, e.effect, e.key, e.outcome)
    from private.effects e where e.booking_id = p_booking_id
    union all
    select coalesce(b.pipeline_since, b.created_at), 3, 0, format('Now: %s%s (since %s).',
      coalesce(b.pipeline_status, 'not part of the pipeline'), coalesce(', because: ' || b.pipeline_reason, ''),
      to_char(b.pipeline_since, 'YYYY-MM-DD HH24:MI:SS'))
    from public.bookings b where b.id = p_booking_id
    union all
    select t.deleted_at, 3, 0, format('Now: deleted (since %s); its calendar events are %s.',
      to_char(t.deleted_at, 'YYYY-MM-DD HH24:MI:SS'),
      case when t.done_at is null then 'still to be removed' else 'dealt with' end)
    from private.booking_tombstones t
    where t.booking_id = p_booking_id and not exists (select 1 from public.bookings b where b.id = p_booking_id)
    union all
    select now(), 3, 0, 'No booking with this id is known.'
    where not exists (select 1 from public.bookings b where b.id = p_booking_id)
      and not exists (select 1 from private.booking_tombstones t where t.booking_id = p_booking_id)
  ) s order by (s.part = 3), s.at, s.part, s.nr;
$$;
revoke execute on function public.explain_booking(uuid) from public, anon, authenticated;
grant execute on function public.explain_booking(uuid) to service_role;
