-- not breaking: what keep-watch does for recordings: lost notifications, stuck work, lost events

-- Jobs nobody has heard of for p_overdue_seconds, each handed out once per that time; is_late: it was started more than
-- p_deadline_seconds ago.
create function public.claim_running_transcriptions(
  p_overdue_seconds double precision, p_deadline_seconds double precision, p_limit integer
) returns table (recording_id uuid, chunk integer, operation_name text, is_late boolean)
language sql security definer set search_path = '' as $$
  update private.transcription_jobs j set checked_at = clock_timestamp()
  from (
    select k.recording_id, k.chunk from private.transcription_jobs k
    where k.state = 'running' and k.checked_at < clock_timestamp() - make_interval(secs => p_overdue_seconds)
    order by k.checked_at limit p_limit for update skip locked
  ) due
  where j.recording_id = due.recording_id and j.chunk = due.chunk
  returning j.recording_id, j.chunk, j.operation_name,
    j.started_at < clock_timestamp() - make_interval(secs => p_deadline_seconds);
$$;
revoke execute on function public.claim_running_transcriptions(double precision, double precision, integer)
  from public, anon, authenticated;
grant execute on function public.claim_running_transcriptions(double precision, double precision, integer) to service_role;

-- Asks again for recordings without progress. Bounded: after p_max_requeues the recording says so; one that waits for
-- its consultant rests then, and is asked for anew when they have connected again. What is copied needs no consultant.
create function public.requeue_stuck_recordings(
  p_overdue_seconds double precision, p_limit integer, p_max_requeues integer
) returns integer language plpgsql security definer set search_path = '' as $$
declare
  late timestamptz := clock_timestamp() - make_interval(secs => p_overdue_seconds);
  stuck record;
  asked integer := 0;
begin
  for stuck in
    select r.id, r.recording_name, r.user_id, r.booking_id, r.state,
      case when w.parked_version <> g.token_version then 0 else w.requeues end as requeues
    from public.recordings r join private.capture_work w on w.recording_id = r.id
    left join public.google_connections g on g.user_id = r.user_id
    left join public.bookings b on b.id = r.booking_id
    where (g.state = 'connected' or r.state in ('copied', 'transcribing'))
      and (w.parked_version is null or w.requeues < p_max_requeues or w.parked_version <> g.token_version)
      -- Of a cancelled booking nothing more is asked; should it stand again, the work goes on.
      and (r.state <> 'transcribing' or b.status in ('confirmed', 'completed'))
      and r.state in ('found', 'copying', 'copied', 'transcribing') and r.since < late
      and coalesce(w.requeued_at, r.since) < late and (w.holder is null or w.expires_at < clock_timestamp())
      and not exists (
        select 1 from private.transcription_jobs j where j.recording_id = r.id and j.state = 'running')
      and not exists (
        select 1 from private.outbox o
        where o.data ->> 'recordingName' = r.recording_name and o.published_at is null and o.dead_at is null)
    order by coalesce(w.requeued_at, r.since) limit p_limit for update of w skip locked
  loop
    if stuck.requeues >= p_max_requeues then
      update public.recordings r
      set state = 'failed', since = now(), reason = coalesce(r.reason || ' ', '')
        || 'Nothing moved in ' || p_max_requeues || ' rounds of retries (it was ' || r.state || ').'
      where r.id = stuck.id;
      perform private.show_recording_failure(r.id, 'failed', r.reason) from public.recordings r where r.id = stuck.id;
      continue;
    end if;
    update private.capture_work w
    set requeues = stuck.requeues + 1, requeued_at = clock_timestamp(), parked_version = null
    where w.recording_id = stuck.id;
    if stuck.state = 'transcribing' then
      perform private.announce_transcription(stuck.id);
    else
      insert into private.outbox (topic, data, attributes)
      values ('meeting-events', jsonb_build_object('recordingName', stuck.recording_name, 'userId', stuck.user_id,
        'bookingId', stuck.booking_id), '{"kind": "recording.found", "version": "1"}');
    end if;
    asked := asked + 1;
  end loop;
  if asked > 0 then perform private.ping_relay(); end if;
  return asked;
end
$$;
revoke execute on function public.requeue_stuck_recordings(double precision, integer, integer)
  from public, anon, authenticated;
grant execute on function public.requeue_stuck_recordings(double precision, integer, integer) to service_role;

-- Ended bookings whose room may hold a recording nobody told us of, until p_give_up_seconds after their end: each once
-- per p_overdue_seconds, those that have one recording once in six such times (a meeting may be recorded in parts).
-- Those that have waited the longest come first, so that many of them take turns.
create function public.claim_recording_searches(
  p_overdue_seconds double precision, p_give_up_seconds double precision, p_limit integer
) returns table (booking_id uuid, user_id uuid, space_name text)
language plpgsql security definer set search_path = '' as $$
begin
  return query
  with ended as (
    select distinct on (b.id) b.id, m.user_id as owner, m.space_name as room, s.searched_at
    from public.bookings b join private.booking_rooms m on m.booking_id = b.id
    join public.google_connections g on g.user_id = m.user_id and g.state = 'connected'
    left join private.recording_searches s on s.booking_id = b.id
    where b.status in ('confirmed', 'completed') and m.space_name is not null
      and b.pipeline_status in ('scheduled', 'captured', 'transcribed', 'analyzed')
      and b.ends_at < now() - make_interval(secs => p_overdue_seconds)
      and b.ends_at > now() - make_interval(secs => p_give_up_seconds)
      and (s.searched_at is null or s.searched_at < now() - make_interval(secs => p_overdue_seconds * case
        when exists (select 1 from public.recordings r where r.booking_id = b.id) then 6 else 1 end))
    order by b.id, m.retired_at nulls first, m.created_at desc
  ), due as (
    select e.id, e.owner, e.room from ended e order by e.searched_at nulls first limit p_limit
  ), noted as (
    insert into private.recording_searches as s (booking_id, searches) select d.id, 1 from due d
    on conflict on constraint recording_searches_pkey do update
    set searches = s.searches + 1, searched_at = now()
    where s.searched_at < now() - make_interval(secs => p_overdue_seconds)
    returning s.booking_id
  )
  select d.id, d.owner, d.room from due d join noted n on n.booking_id = d.id;
end
$$;
revoke execute on function public.claim_recording_searches(double precision, double precision, integer)
  from public, anon, authenticated;
grant execute on function public.claim_recording_searches(double precision, double precision, integer) to service_role;

-- Recordings whose event was lost: those we do not know are announced to capture-artifacts.
create function public.announce_recordings(p_booking_id uuid, p_user_id uuid, p_names text[]) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  announced integer;
begin
  insert into private.outbox (topic, data, attributes)
  select 'meeting-events', jsonb_build_object('recordingName', n.name, 'userId', p_user_id, 'bookingId', p_booking_id),
    '{"kind": "recording.found", "version": "1"}'
  from unnest(p_names) as n (name)
  where not exists (select 1 from public.recordings r where r.recording_name = n.name and r.state <> 'ignored');
  get diagnostics announced = row_count;
  if announced > 0 then perform private.ping_relay(); end if;
  return announced;
end
$$;
revoke execute on function public.announce_recordings(uuid, uuid, text[]) from public, anon, authenticated;
grant execute on function public.announce_recordings(uuid, uuid, text[]) to service_role;
