-- not breaking: `npm run ops -- replay --dead-letters`: announcing again what a dead letter is about

-- Deleted bookings whose calendar events are dealt with: a dead letter about one has nothing left to ask for.
create function public.settled_deletions(p_booking_ids uuid[]) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select t.booking_id from private.booking_tombstones t
  where t.booking_id = any (p_booking_ids) and t.done_at is not null
    and not exists (select 1 from public.bookings b where b.id = t.booking_id);
$$;
revoke execute on function public.settled_deletions(uuid[]) from public, anon, authenticated;
grant execute on function public.settled_deletions(uuid[]) to service_role;

-- Why bookings stand still, as their rows say it.
create function public.read_booking_reasons(p_booking_ids uuid[]) returns table (booking_id uuid, reason text)
language sql stable security definer set search_path = '' as $$
  select b.id, b.pipeline_reason from public.bookings b
  where b.id = any (p_booking_ids) and b.pipeline_reason is not null;
$$;
revoke execute on function public.read_booking_reasons(uuid[]) from public, anon, authenticated;
grant execute on function public.read_booking_reasons(uuid[]) to service_role;

-- Announces recordings on which work goes on but whose message was given up; one that waits for the relay already is
-- not announced twice. p_recordings: [{id, step: 'copy' | 'analyze'}]; returns how many were announced.
create function public.announce_recordings_again(p_recordings jsonb) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  one record;
  announced integer := 0;
begin
  perform pg_advisory_xact_lock(hashtext('booking-insights.revive_recordings'));
  for one in
    select x.id, x.step from jsonb_to_recordset(p_recordings) as x (id uuid, step text)
    join public.recordings r on r.id = x.id
    where not exists (
      select 1 from private.outbox o where o.published_at is null and o.dead_at is null
        and (o.data ->> 'recordingName' = r.recording_name or o.data ->> 'recordingId' = r.id::text
          and o.data ->> 'bookingId' = r.booking_id::text))
    order by x.id
  loop
    perform private.announce_recording_work(one.id, one.step);
    announced := announced + 1;
  end loop;
  if announced > 0 then perform private.ping_relay(); end if;
  return announced;
end
$$;
revoke execute on function public.announce_recordings_again(jsonb) from public, anon, authenticated;
grant execute on function public.announce_recordings_again(jsonb) to service_role;
