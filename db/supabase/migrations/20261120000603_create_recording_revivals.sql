-- not breaking: `npm run ops -- replay` of recordings: what stands still, and going back to the step that failed

-- Facts about recordings, for the command to judge: those named by id or by Meet's name, else, in order of id after
-- p_after, all that stand still: failed ones, and stored transcripts whose booking was given up.
-- p_results_keep_days: how long the bucket keeps what Speech writes.
create function public.read_recordings_to_revive(
  p_results_keep_days double precision, p_limit integer,
  p_ids uuid[] default null, p_names text[] default null, p_after uuid default null
) returns table (
  recording_id uuid, recording_name text, booking_id uuid, booking_status text, pipeline_status text, state text,
  reason text, trouble text, duration_ms bigint, language text, words integer, connection text,
  has_audio boolean, has_results boolean, is_given_up boolean, is_waiting boolean
) language sql stable security definer set search_path = '' as $$
  select r.id, r.recording_name, r.booking_id, b.status, b.pipeline_status, r.state,
    r.reason, coalesce(a.trouble, b.pipeline_reason), r.duration_ms,
    coalesce(b.meeting_settings ->> 'language', s.meeting_settings ->> 'language'), t.words,
    coalesce(g.state, 'missing'),
    r.object_name is not null and coalesce(r.expires_at > now(), true),
    coalesce(j.has_results, false), g2.is_given_up,
    exists (
      select 1 from private.outbox o where o.published_at is null and o.dead_at is null
        and (o.data ->> 'recordingName' = r.recording_name or o.data ->> 'bookingId' = r.booking_id::text
          and o.data ->> 'recordingId' = r.id::text))
  from public.recordings r
  left join public.bookings b on b.id = r.booking_id
  left join public.services s on s.id = b.service_id
  left join public.google_connections g on g.user_id = r.user_id
  left join public.transcripts t on t.recording_id = r.id
  left join private.analysis_work a on a.booking_id = r.booking_id
  left join lateral (
    select bool_and(k.state = 'succeeded' and k.finished_at > now() - make_interval(secs => p_results_keep_days * 86400))
      as has_results
    from private.transcription_jobs k where k.recording_id = r.id) j on true
  cross join lateral (
    select coalesce(r.state = 'transcribed' and (b.pipeline_status = 'failed'
      or b.pipeline_status = 'transcribed' and b.pipeline_reason like 'The insights could not be made in %'), false)
      as is_given_up) g2
  where case when p_ids is null and p_names is null then r.state = 'failed' or g2.is_given_up
      else r.id = any (p_ids) or r.recording_name = any (p_names) end
    and (p_after is null or r.id > p_after)
  order by r.id limit p_limit;
$$;
revoke execute on function public.read_recordings_to_revive(double precision, integer, uuid[], text[], uuid)
  from public, anon, authenticated;
grant execute on function public.read_recordings_to_revive(double precision, integer, uuid[], text[], uuid)
  to service_role;

-- Announces the work on a recording; its tries are counted anew.
create function private.announce_recording_work(p_recording_id uuid, p_step text) returns void
language sql security definer set search_path = '' as $$
  insert into private.outbox (topic, data, attributes)
  select case when p_step = 'analyze' then 'storage-events' else 'meeting-events' end,
    case when p_step = 'analyze' then jsonb_build_object('recordingId', r.id, 'bookingId', r.booking_id)
      else jsonb_build_object('recordingName', r.recording_name, 'userId', r.user_id, 'bookingId', r.booking_id) end,
    jsonb_build_object('kind', case when p_step = 'analyze' then 'transcription.finished' else 'recording.found' end,
      'version', '1')
  from public.recordings r where r.id = p_recording_id;
  update private.capture_work w
  set requeues = 0, requeued_at = null, parked_version = null,
      session_uri = case when p_step = 'copy' then null else w.session_uri end
  where w.recording_id = p_recording_id;
  update private.analysis_work w set requeues = 0, requeued_at = null
  from public.recordings r where r.id = p_recording_id and w.booking_id = r.booking_id;
$$;
revoke execute on function private.announce_recording_work(uuid, text) from public, anon, authenticated, service_role;

-- Sets recordings that stand still back to a step and announces them, all in one transaction; those that move by now
-- are left alone. p_revivals: [{id, step: 'copy' | 'transcribe' | 'analyze'}]. Returns how many were set going.
-- What was asked of Speech stays counted: a job that is asked again is a second paid one.
create function public.revive_recordings(p_revivals jsonb, p_results_keep_days double precision) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  one record;
  revived integer := 0;
begin
  perform pg_advisory_xact_lock(hashtext('booking-insights.revive_recordings'));
  for one in
    select x.id, x.step, r.booking_id, r.state from jsonb_to_recordset(p_revivals) as x (id uuid, step text)
    join public.read_recordings_to_revive(p_results_keep_days, 1000,
      array(select (e ->> 'id')::uuid from jsonb_array_elements(p_revivals) e)) r on r.recording_id = x.id
    where not r.is_waiting and (r.state = 'failed' or r.is_given_up)
      and (r.booking_id is null or r.booking_status in ('confirmed', 'completed'))
    order by x.id
  loop
    -- As a deletion locks: the booking first.
    perform 1 from public.bookings b where b.id = one.booking_id for no key update;
    if one.step <> 'analyze' then
      update private.transcription_jobs j
      set state = 'planned', operation_name = null, reason = null, finished_at = null, checked_at = null
      where j.recording_id = one.id and (j.state = 'failed' or j.state = 'succeeded'
        and j.finished_at <= now() - make_interval(secs => p_results_keep_days * 86400));
    end if;
    update public.recordings r
    set state = case one.step when 'copy' then 'found' when 'transcribe' then 'copied'
          else case when r.state = 'failed' then 'transcribing' else r.state end end,
        reason = null, since = now(),
        object_name = case when one.step = 'copy' then null else r.object_name end,
        object_generation = case when one.step = 'copy' then null else r.object_generation end,
        expires_at = case when one.step = 'copy' then null else r.expires_at end
    where r.id = one.id;
    perform private.announce_recording_work(one.id, one.step);
    -- The booking said `failed` for this recording's sake; it says again how far its recordings have come.
    update public.bookings b
    set pipeline_status = case when b.pipeline_status <> 'failed' then b.pipeline_status
          when exists (select 1 from public.recordings o where o.booking_id = b.id
            and o.state in ('copied', 'transcribing', 'transcribed')) then 'captured' else 'scheduled' end,
        pipeline_since = now(),
        pipeline_reason = case when b.pipeline_reason like 'Calendar: %' then b.pipeline_reason end
    where b.id = one.booking_id and b.pipeline_status in ('failed', 'transcribed');
    perform private.show_missing_recordings(one.booking_id);
    revived := revived + 1;
  end loop;
  if revived > 0 then perform private.ping_relay(); end if;
  return revived;
end
$$;
revoke execute on function public.revive_recordings(jsonb, double precision) from public, anon, authenticated;
grant execute on function public.revive_recordings(jsonb, double precision) to service_role;
