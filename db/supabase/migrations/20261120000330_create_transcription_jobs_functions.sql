-- not breaking: the paid transcription jobs of a recording: the row comes first, Speech is asked after

create function private.transcription_jobs_of(p_recording_id uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'chunk', j.chunk, 'state', j.state, 'model', j.model, 'languageCode', j.language_code,
    'audioUri', j.audio_uri, 'outputPrefix', j.output_prefix, 'starts', j.starts
  ) order by j.chunk), '[]'::jsonb)
  from private.transcription_jobs j where j.recording_id = p_recording_id;
$$;
revoke execute on function private.transcription_jobs_of(uuid) from public, anon, authenticated;

-- Writes the plan once; a second plan leaves the first as it is. Null: the lease is lost.
-- p_jobs: [{chunk, model, languageCode, audioUri, outputPrefix}]
create function public.plan_transcription(p_recording_id uuid, p_fencing bigint, p_jobs jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
begin
  if not private.holds_capture(p_recording_id, p_fencing) then return null; end if;
  insert into private.transcription_jobs (recording_id, chunk, model, language_code, audio_uri, output_prefix)
  select p_recording_id, j.chunk, j.model, j."languageCode", j."audioUri", j."outputPrefix"
  from jsonb_to_recordset(p_jobs) as j (
    chunk integer, model text, "languageCode" text, "audioUri" text, "outputPrefix" text)
  where not exists (select 1 from private.transcription_jobs k where k.recording_id = p_recording_id);
  return private.transcription_jobs_of(p_recording_id);
end
$$;
revoke execute on function public.plan_transcription(uuid, bigint, jsonb) from public, anon, authenticated;
grant execute on function public.plan_transcription(uuid, bigint, jsonb) to service_role;

-- True: Speech may be asked, now and once. p_starts is what the caller saw: two callers cannot both be told yes. Never
-- for a booking that was cancelled meanwhile.
create function public.claim_transcription_start(
  p_recording_id uuid, p_fencing bigint, p_chunk integer, p_starts integer
) returns boolean language plpgsql security definer set search_path = '' as $$
begin
  if not private.holds_capture(p_recording_id, p_fencing) then return false; end if;
  update private.transcription_jobs j set state = 'starting', starts = j.starts + 1, started_at = now()
  where j.recording_id = p_recording_id and j.chunk = p_chunk and j.starts = p_starts
    and j.state in ('planned', 'starting') and j.operation_name is null and exists (
      select 1 from public.recordings r join public.bookings b on b.id = r.booking_id
      where r.id = p_recording_id and b.status in ('confirmed', 'completed'));
  return found;
end
$$;
revoke execute on function public.claim_transcription_start(uuid, bigint, integer, integer)
  from public, anon, authenticated;
grant execute on function public.claim_transcription_start(uuid, bigint, integer, integer) to service_role;

-- Speech has taken the job. A fact, so it is written whoever holds the lease; when every chunk runs, the recording is
-- `transcribing` and the lease is free.
create function public.note_transcription_started(
  p_recording_id uuid, p_chunk integer, p_operation_name text, p_effects jsonb
) returns void language plpgsql security definer set search_path = '' as $$
begin
  perform public.record_effects(p_effects);
  update private.transcription_jobs j
  set state = 'running', operation_name = p_operation_name, checked_at = clock_timestamp()
  where j.recording_id = p_recording_id and j.chunk = p_chunk and j.state in ('planned', 'starting');
  update public.recordings r set state = 'transcribing', reason = null, since = now()
  where r.id = p_recording_id and r.state = 'copied' and not exists (
    select 1 from private.transcription_jobs j
    where j.recording_id = r.id and j.state in ('planned', 'starting'));
  if found then
    update private.capture_work w set holder = null, requeues = 0, requeued_at = null
    where w.recording_id = p_recording_id;
  end if;
end
$$;
revoke execute on function public.note_transcription_started(uuid, integer, text, jsonb) from public, anon, authenticated;
grant execute on function public.note_transcription_started(uuid, integer, text, jsonb) to service_role;

-- Says `transcription.finished` to analyze-transcript once for every look that found the recording complete.
create function private.announce_transcription(p_recording_id uuid) returns void
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.outbox (topic, data, attributes)
  select 'storage-events', jsonb_build_object('recordingId', r.id, 'bookingId', r.booking_id),
    '{"kind": "transcription.finished", "version": "1"}'
  from public.recordings r
  where r.id = p_recording_id and r.state = 'transcribing' and not exists (
    select 1 from private.transcription_jobs j where j.recording_id = r.id and j.state <> 'succeeded');
  if found then perform private.ping_relay(); end if;
end
$$;
revoke execute on function private.announce_transcription(uuid) from public, anon, authenticated;

-- How a job ended: null reason for success. A failed one fails the recording.
create function public.settle_transcription(p_recording_id uuid, p_chunk integer, p_reason text) returns void
language plpgsql security definer set search_path = '' as $$
begin
  update private.transcription_jobs j
  set state = case when p_reason is null then 'succeeded' else 'failed' end, reason = p_reason,
      finished_at = now()
  where j.recording_id = p_recording_id and j.chunk = p_chunk and j.state = 'running';
  if p_reason is null then
    perform private.announce_transcription(p_recording_id);
    return;
  end if;
  update public.recordings r set state = 'failed', reason = p_reason, since = now()
  where r.id = p_recording_id and r.state = 'transcribing';
  if found then perform private.show_recording_failure(p_recording_id, 'failed', p_reason); end if;
end
$$;
revoke execute on function public.settle_transcription(uuid, integer, text) from public, anon, authenticated;
grant execute on function public.settle_transcription(uuid, integer, text) to service_role;
