-- not breaking: what capture-artifacts leaves on a recording and its booking, under the lease's fencing number

-- Notes the resumable upload (null: there is none any more) and the source it carries. False: the lease is lost.
create function public.note_capture_upload(
  p_recording_id uuid, p_fencing bigint, p_session_uri text, p_source jsonb
) returns boolean language plpgsql security definer set search_path = '' as $$
begin
  if not private.holds_capture(p_recording_id, p_fencing) then return false; end if;
  update private.capture_work w
  set session_uri = p_session_uri, session_source_md5 = p_source ->> 'md5', sealed = null
  where w.recording_id = p_recording_id;
  update public.recordings r
  set state = 'copying', reason = null, since = case when r.state = 'copying' then r.since else now() end,
      source_size_bytes = (p_source ->> 'sizeBytes')::bigint, source_md5 = p_source ->> 'md5',
      source_revision = p_source ->> 'revisionId'
  where r.id = p_recording_id;
  return true;
end
$$;
revoke execute on function public.note_capture_upload(uuid, bigint, text, jsonb) from public, anon, authenticated;
grant execute on function public.note_capture_upload(uuid, bigint, text, jsonb) to service_role;

-- The source is verified and the object's last byte may be sent: what it must turn out to be.
-- p_sealed: {sizeBytes, crc32c, packets, durationMs, startsAfterMs}
create function public.seal_capture(p_recording_id uuid, p_fencing bigint, p_sealed jsonb) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  if not private.holds_capture(p_recording_id, p_fencing) then return false; end if;
  update private.capture_work w set sealed = p_sealed where w.recording_id = p_recording_id;
  return true;
end
$$;
revoke execute on function public.seal_capture(uuid, bigint, jsonb) from public, anon, authenticated;
grant execute on function public.seal_capture(uuid, bigint, jsonb) to service_role;

-- The audio is safe in the bucket: {name, generation} is the sealed object. The booking becomes `captured` unless it
-- is further already, and shows the link of its earliest recording.
create function public.finish_capture_copy(
  p_recording_id uuid, p_fencing bigint, p_object jsonb, p_keep_days double precision, p_effects jsonb
) returns boolean language plpgsql security definer set search_path = '' as $$
declare
  recording public.recordings;
begin
  if not private.holds_capture(p_recording_id, p_fencing) then return false; end if;
  update public.recordings r
  set state = 'copied', reason = null, since = now(), object_name = p_object ->> 'name',
      object_generation = p_object ->> 'generation', object_size_bytes = (w.sealed ->> 'sizeBytes')::bigint,
      object_crc32c = w.sealed ->> 'crc32c', packets = (w.sealed ->> 'packets')::bigint,
      duration_ms = (w.sealed ->> 'durationMs')::bigint,
      audio_starts_after_ms = (w.sealed ->> 'startsAfterMs')::bigint,
      expires_at = now() + make_interval(secs => p_keep_days * 86400)
  from private.capture_work w
  where r.id = p_recording_id and w.recording_id = r.id returning r.* into recording;
  update private.capture_work w set session_uri = null where w.recording_id = p_recording_id;
  perform public.record_effects(p_effects);
  update public.bookings b
  set meeting_recording_url = (
        select r.export_uri from public.recordings r
        where r.booking_id = b.id and r.state in ('copied', 'transcribing', 'transcribed')
        order by r.started_at, r.id limit 1),
      pipeline_status = case when b.pipeline_status in ('captured', 'transcribed', 'analyzed')
        then b.pipeline_status else 'captured' end,
      pipeline_reason = case when b.pipeline_status in ('captured', 'transcribed', 'analyzed')
        then b.pipeline_reason end,
      pipeline_since = case when b.pipeline_status in ('captured', 'transcribed', 'analyzed')
        then b.pipeline_since else now() end
  where b.id = recording.booking_id and b.status in ('confirmed', 'completed')
    and b.pipeline_status is distinct from 'cancelled';
  return true;
end
$$;
revoke execute on function public.finish_capture_copy(uuid, bigint, jsonb, double precision, jsonb)
  from public, anon, authenticated;
grant execute on function public.finish_capture_copy(uuid, bigint, jsonb, double precision, jsonb) to service_role;

-- No retry can help: the recording says why. False: the lease is lost, nothing was written.
create function public.fail_capture(p_recording_id uuid, p_fencing bigint, p_reason text) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  if not private.holds_capture(p_recording_id, p_fencing) then return false; end if;
  update public.recordings r set state = 'failed', reason = p_reason, since = now() where r.id = p_recording_id;
  update private.capture_work w set holder = null, session_uri = null where w.recording_id = p_recording_id;
  perform private.show_recording_failure(p_recording_id, 'failed', p_reason);
  return true;
end
$$;
revoke execute on function public.fail_capture(uuid, bigint, text) from public, anon, authenticated;
grant execute on function public.fail_capture(uuid, bigint, text) to service_role;

-- The consultant must connect Google again; keep-watch asks again once they have. Where the connection itself works
-- and lacks a right, the booking says `failed`: its calendar event needs nothing, and `needs_reconnect` is taken back
-- from bookings of a working connection.
create function public.park_capture(p_recording_id uuid, p_fencing bigint, p_reason text) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  connection public.google_connections;
begin
  if not private.holds_capture(p_recording_id, p_fencing) then return false; end if;
  select g.* into connection
  from public.google_connections g join public.recordings r on r.user_id = g.user_id where r.id = p_recording_id;
  update public.recordings r set reason = p_reason where r.id = p_recording_id;
  update private.capture_work w
  set holder = null, requeued_at = now(), parked_version = coalesce(connection.token_version, 0)
  where w.recording_id = p_recording_id;
  perform private.show_recording_failure(p_recording_id,
    case when connection.state = 'connected' then 'failed' else 'needs_reconnect' end, p_reason)
  from public.recordings r join public.bookings b on b.id = r.booking_id
  where r.id = p_recording_id and b.pipeline_status is distinct from 'captured';
  return true;
end
$$;
revoke execute on function public.park_capture(uuid, bigint, text) from public, anon, authenticated;
grant execute on function public.park_capture(uuid, bigint, text) to service_role;
