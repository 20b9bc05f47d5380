-- not breaking: analyze-transcript takes a booking, and what it needs to know of its recordings

create function private.analysis_snapshot(p_booking_id uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object(
    'bookingId', b.id,
    'pipelineStatus', b.pipeline_status,
    'transcriptHash', encode(sha256(convert_to(b.meeting_transcript, 'UTF8')), 'hex'),
    'insightsHash', b.ai_insights ->> 'transcriptHash',
    'recordings', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', r.id, 'conferenceRecord', r.conference_record, 'userId', r.user_id, 'startedAt', r.started_at,
        'audioStartsAfterMs', coalesce(r.audio_starts_after_ms, 0),
        'chunks', coalesce((
          select jsonb_agg(j.chunk order by j.chunk) from private.transcription_jobs j where j.recording_id = r.id
        ), '[]'::jsonb),
        'transcript', (
          select jsonb_build_object('sources', t.sources, 'speakers', t.speakers)
          from public.transcripts t where t.recording_id = r.id
        )
      ) order by r.started_at, r.id)
      from public.recordings r where r.booking_id = b.id and r.state <> 'ignored'
    ), '[]'::jsonb)
  )
  from public.bookings b where b.id = p_booking_id;
$$;
revoke execute on function private.analysis_snapshot(uuid) from public, anon, authenticated;

-- {kind: 'leased', fencing, snapshot} | {kind: 'busy'} another delivery works on the booking and will take this
-- recording up before it leaves | {kind: 'redelivered'} this very delivery holds it: its first run died or still runs
-- | {kind: 'unknown'} no such recording | {kind: 'unwanted', reason} nothing may be written for it.
create function public.begin_analysis(p_recording_id uuid, p_holder text, p_lease_seconds double precision)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  recording public.recordings;
  booking_status text;
  work private.analysis_work;
begin
  select * into recording from public.recordings r where r.id = p_recording_id;
  if not found then return '{"kind": "unknown"}'::jsonb; end if;
  select b.status into booking_status from public.bookings b where b.id = recording.booking_id;
  if booking_status is null or booking_status not in ('confirmed', 'completed') or recording.state = 'ignored' then
    return jsonb_build_object('kind', 'unwanted', 'reason', coalesce('the booking is ' || booking_status, 'no booking'));
  end if;
  insert into private.analysis_work (booking_id) values (recording.booking_id) on conflict (booking_id) do nothing;
  select * into work from private.analysis_work w where w.booking_id = recording.booking_id for update;
  if work.holder is not null and work.expires_at > clock_timestamp() then
    if work.holder = p_holder then return '{"kind": "redelivered"}'::jsonb; end if;
    update private.analysis_work w set waiting = array_append(array_remove(w.waiting, p_recording_id), p_recording_id)
    where w.booking_id = recording.booking_id;
    return '{"kind": "busy"}'::jsonb;
  end if;
  update private.analysis_work w
  set holder = p_holder, fencing = w.fencing + 1, waiting = array_remove(w.waiting, p_recording_id),
      expires_at = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where w.booking_id = recording.booking_id returning * into work;
  return jsonb_build_object('kind', 'leased', 'fencing', work.fencing,
    'snapshot', private.analysis_snapshot(recording.booking_id));
end
$$;
revoke execute on function public.begin_analysis(uuid, text, double precision) from public, anon, authenticated;
grant execute on function public.begin_analysis(uuid, text, double precision) to service_role;

-- Locks the work for a write and keeps the lease alive; false when somebody else has taken over, or when the booking
-- is gone or no longer wanted: then nothing may be written. The booking is locked first, as its own deletion locks:
-- a platform's delete is no victim of a deadlock, and a cancellation is seen or waits.
create function private.holds_analysis(p_booking_id uuid, p_fencing bigint, p_lease_seconds double precision)
returns boolean language plpgsql security definer set search_path = '' as $$
begin
  perform 1 from public.bookings b
  where b.id = p_booking_id and b.status in ('confirmed', 'completed') for no key update;
  if not found then return false; end if;
  update private.analysis_work w set expires_at = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where w.booking_id = p_booking_id and w.fencing = p_fencing and w.holder is not null;
  return found;
end
$$;
revoke execute on function private.holds_analysis(uuid, bigint, double precision) from public, anon, authenticated;

-- Keeps the lease of a long analysis alive; false when it is lost or the booking is no longer wanted.
create function public.renew_analysis(p_booking_id uuid, p_fencing bigint, p_lease_seconds double precision)
returns boolean language sql security definer set search_path = '' as $$
  select private.holds_analysis(p_booking_id, p_fencing, p_lease_seconds);
$$;
revoke execute on function public.renew_analysis(uuid, bigint, double precision) from public, anon, authenticated;
grant execute on function public.renew_analysis(uuid, bigint, double precision) to service_role;

-- Hands the lease back after a failure, so that the redelivery need not wait for it to expire, and notes the failure.
create function public.release_analysis(p_booking_id uuid, p_fencing bigint, p_trouble text) returns void
language sql security definer set search_path = '' as $$
  update private.analysis_work set holder = null, trouble = p_trouble
  where booking_id = p_booking_id and fencing = p_fencing;
$$;
revoke execute on function public.release_analysis(uuid, bigint, text) from public, anon, authenticated;
grant execute on function public.release_analysis(uuid, bigint, text) to service_role;

-- Ends the work: {waiting: []}; or {waiting, snapshot} with the recordings whose messages came meanwhile: then the
-- lease stays and the holder goes on with them, from what is stored by now.
create function public.leave_analysis(p_booking_id uuid, p_fencing bigint, p_lease_seconds double precision)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  asked uuid[];
begin
  select w.waiting into asked from private.analysis_work w
  where w.booking_id = p_booking_id and w.fencing = p_fencing and w.holder is not null for update;
  if not found then return '{"waiting": []}'::jsonb; end if;
  update private.analysis_work w
  set waiting = '{}', holder = case when cardinality(asked) > 0 then w.holder end,
      expires_at = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where w.booking_id = p_booking_id;
  if cardinality(asked) = 0 then return '{"waiting": []}'::jsonb; end if;
  return jsonb_build_object('waiting', to_jsonb(asked), 'snapshot', private.analysis_snapshot(p_booking_id));
end
$$;
revoke execute on function public.leave_analysis(uuid, bigint, double precision) from public, anon, authenticated;
grant execute on function public.leave_analysis(uuid, bigint, double precision) to service_role;
