-- not breaking: what analyze-transcript writes, each under its fencing number, each safe to run twice

-- Replaces a recording's transcript and its turns at once.
-- p_transcript: {sources, generation, languageCode, words, speakers, speakersReason}
-- p_segments: [{speaker, speakerSource, startsMs, endsMs, text, confidence}]
-- {kind: 'stored'} | {kind: 'older'} a newer result is already there | {kind: 'fenced'}
create function public.store_transcript(
  p_booking_id uuid, p_fencing bigint, p_recording_id uuid, p_transcript jsonb, p_segments jsonb,
  p_lease_seconds double precision
) returns jsonb language plpgsql security definer set search_path = '' as $$
begin
  if not private.holds_analysis(p_booking_id, p_fencing, p_lease_seconds) then return '{"kind": "fenced"}'::jsonb; end if;
  insert into public.transcripts as t
    (recording_id, sources, generation, language_code, words, speakers, speakers_reason)
  select p_recording_id, n.sources, n.generation, n."languageCode", n.words, n.speakers, n."speakersReason"
  from jsonb_to_record(p_transcript) as n (
    sources text, generation bigint, "languageCode" text, words integer, speakers text, "speakersReason" text)
  on conflict (recording_id) do update
  set sources = excluded.sources, generation = excluded.generation, language_code = excluded.language_code,
      words = excluded.words, speakers = excluded.speakers, speakers_reason = excluded.speakers_reason,
      created_at = now()
  where t.generation <= excluded.generation;
  if not found then return '{"kind": "older"}'::jsonb; end if;
  delete from public.transcript_segments s where s.recording_id = p_recording_id;
  insert into public.transcript_segments
    (recording_id, position, speaker, speaker_source, starts_ms, ends_ms, text, confidence)
  select p_recording_id, n.position, n.segment ->> 'speaker', n.segment ->> 'speakerSource',
    (n.segment ->> 'startsMs')::integer, (n.segment ->> 'endsMs')::integer, n.segment ->> 'text',
    (n.segment ->> 'confidence')::real
  from jsonb_array_elements(p_segments) with ordinality as n (segment, position);
  update public.recordings r set state = 'transcribed', reason = null, since = now()
  where r.id = p_recording_id and r.state <> 'transcribed';
  update private.transcription_jobs j
  set state = 'succeeded', finished_at = coalesce(j.finished_at, now()), reason = null
  where j.recording_id = p_recording_id and j.state <> 'succeeded';
  perform private.show_missing_recordings(p_booking_id);
  return '{"kind": "stored"}'::jsonb;
end
$$;
revoke execute on function public.store_transcript(uuid, bigint, uuid, jsonb, jsonb, double precision)
  from public, anon, authenticated;
grant execute on function public.store_transcript(uuid, bigint, uuid, jsonb, jsonb, double precision) to service_role;

-- All stored turns of a booking, recordings in the order they began:
-- [{recordingId, startedAt, languageCode, words, speakers, speakersReason, segments: [...]}]
create function public.read_transcripts(p_booking_id uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'recordingId', r.id, 'startedAt', r.started_at, 'languageCode', t.language_code, 'words', t.words,
    'speakers', t.speakers, 'speakersReason', t.speakers_reason,
    'segments', coalesce((
      select jsonb_agg(jsonb_build_object(
        'speaker', s.speaker, 'speakerSource', s.speaker_source, 'startsMs', s.starts_ms, 'endsMs', s.ends_ms,
        'text', s.text, 'confidence', s.confidence) order by s.position)
      from public.transcript_segments s where s.recording_id = r.id
    ), '[]'::jsonb)
  ) order by r.started_at, r.id), '[]'::jsonb)
  from public.recordings r join public.transcripts t on t.recording_id = r.id
  where r.booking_id = p_booking_id and r.state <> 'ignored';
$$;
revoke execute on function public.read_transcripts(uuid) from public, anon, authenticated;
grant execute on function public.read_transcripts(uuid) to service_role;
