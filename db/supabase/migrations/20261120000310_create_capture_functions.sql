-- not breaking: capture-artifacts takes a recording, matches it with a booking, keeps and hands back its lease

create function private.recording_snapshot(p_recording_id uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object(
    'id', r.id, 'recordingName', r.recording_name, 'conferenceRecord', r.conference_record,
    'bookingId', r.booking_id, 'userId', r.user_id, 'state', r.state, 'driveFileId', r.drive_file_id,
    'objectName', r.object_name, 'durationMs', r.duration_ms,
    'upload', case when w.session_uri is not null
      then jsonb_build_object('sessionUri', w.session_uri, 'sourceMd5', w.session_source_md5) end,
    'sealed', w.sealed,
    'language', coalesce(b.meeting_settings ->> 'language', s.meeting_settings ->> 'language')
  )
  from public.recordings r
  join private.capture_work w on w.recording_id = r.id
  left join public.bookings b on b.id = r.booking_id
  left join public.services s on s.id = b.service_id
  where r.id = p_recording_id;
$$;
revoke execute on function private.recording_snapshot(uuid) from public, anon, authenticated;

-- {kind: 'leased', fencing, recording} | {kind: 'busy'} another delivery works on it | {kind: 'redelivered'} this very
-- delivery holds it: its first run died or still runs | {kind: 'settled', state} nothing is left to do.
create function public.begin_capture(
  p_recording_name text, p_user_id uuid, p_holder text, p_lease_seconds double precision
) returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  recording public.recordings;
  work private.capture_work;
begin
  insert into public.recordings (recording_name, conference_record, user_id)
  values (p_recording_name, substring(p_recording_name from '^conferenceRecords/[^/]+'), p_user_id)
  on conflict (recording_name) do nothing;
  select * into recording from public.recordings r where r.recording_name = p_recording_name;
  insert into private.capture_work (recording_id) values (recording.id) on conflict (recording_id) do nothing;
  select * into work from private.capture_work w where w.recording_id = recording.id for update;
  select * into recording from public.recordings r where r.id = recording.id;
  if recording.state in ('transcribing', 'transcribed', 'failed') or recording.state = 'ignored' and not exists (
    select 1 from private.booking_rooms m join public.bookings b on b.id = m.booking_id
    where m.space_name = recording.space_name and b.status in ('confirmed', 'completed'))
  then
    return jsonb_build_object('kind', 'settled', 'state', recording.state);
  end if;
  if work.holder is not null and work.expires_at > clock_timestamp() then
    return jsonb_build_object('kind', case when work.holder = p_holder then 'redelivered' else 'busy' end);
  end if;
  update private.capture_work w
  set holder = p_holder, fencing = w.fencing + 1,
      expires_at = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where w.recording_id = recording.id returning * into work;
  -- Its booking was cancelled and stands again: the work goes on from where it was.
  update public.recordings r
  set state = case when r.object_name is null then 'found' else 'copied' end, reason = null, since = now()
  where r.id = recording.id and r.state = 'ignored' and r.booking_id is not null;
  return jsonb_build_object('kind', 'leased', 'fencing', work.fencing,
    'recording', private.recording_snapshot(recording.id));
end
$$;
revoke execute on function public.begin_capture(text, uuid, text, double precision) from public, anon, authenticated;
grant execute on function public.begin_capture(text, uuid, text, double precision) to service_role;

-- Locks the work for a write under its fencing number; false when somebody else has taken over. The booking first, as
-- its own deletion locks: a platform's delete must not be the victim of a deadlock.
create function private.holds_capture(p_recording_id uuid, p_fencing bigint) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  perform 1 from public.bookings b
  where b.id = (select r.booking_id from public.recordings r where r.id = p_recording_id) for key share;
  perform 1 from private.capture_work w
  where w.recording_id = p_recording_id and w.fencing = p_fencing and w.holder is not null for update;
  return found;
end
$$;
revoke execute on function private.holds_capture(uuid, bigint) from public, anon, authenticated;

-- Notes what Meet says of the recording and finds its booking by the room: of several bookings in one room the one
-- whose time overlaps most, then the nearest. p_found: {spaceName, driveFileId, exportUri, startsAt, endsAt}
-- Null when the lease is lost; else the recording, whose bookingId is null when it is none of ours.
create function public.match_recording(p_recording_id uuid, p_fencing bigint, p_found jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  starts timestamptz := (p_found ->> 'startsAt')::timestamptz;
  ends timestamptz := coalesce((p_found ->> 'endsAt')::timestamptz, (p_found ->> 'startsAt')::timestamptz);
  room record;
begin
  if not private.holds_capture(p_recording_id, p_fencing) then return null; end if;
  select m.booking_id, m.user_id, b.status into room
  from private.booking_rooms m join public.bookings b on b.id = m.booking_id
  where m.space_name = p_found ->> 'spaceName'
  order by b.status in ('confirmed', 'completed') desc, m.retired_at is null desc,
    greatest(interval '0', least(ends, b.ends_at) - greatest(starts, b.starts_at)) desc,
    greatest(b.starts_at - ends, starts - b.ends_at), b.created_at
  limit 1;
  update public.recordings r
  set space_name = p_found ->> 'spaceName', drive_file_id = p_found ->> 'driveFileId',
      export_uri = p_found ->> 'exportUri', started_at = starts, ended_at = (p_found ->> 'endsAt')::timestamptz,
      booking_id = case when room.status in ('confirmed', 'completed') then room.booking_id end,
      user_id = coalesce(room.user_id, r.user_id),
      state = case when room.status in ('confirmed', 'completed') then 'found' else 'ignored' end,
      reason = case
        when room.booking_id is null then 'The meeting was held in a room that belongs to no booking.'
        when room.status not in ('confirmed', 'completed')
        then 'The booking of this room is ' || room.status || ', so its recording is left alone.' end,
      since = now()
  where r.id = p_recording_id;
  if room.status is null or room.status not in ('confirmed', 'completed') then
    update private.capture_work w set holder = null where w.recording_id = p_recording_id;
  end if;
  return private.recording_snapshot(p_recording_id);
end
$$;
revoke execute on function public.match_recording(uuid, bigint, jsonb) from public, anon, authenticated;
grant execute on function public.match_recording(uuid, bigint, jsonb) to service_role;

-- Keeps the lease of a long copy alive: held | lost | unwanted, when the booking was cancelled meanwhile.
create function public.renew_capture(p_recording_id uuid, p_fencing bigint, p_lease_seconds double precision)
returns text language plpgsql security definer set search_path = '' as $$
declare
  booking_status text;
begin
  if not private.holds_capture(p_recording_id, p_fencing) then return 'lost'; end if;
  select b.status into booking_status
  from public.recordings r join public.bookings b on b.id = r.booking_id where r.id = p_recording_id;
  if booking_status in ('confirmed', 'completed') then
    update private.capture_work w set expires_at = clock_timestamp() + make_interval(secs => p_lease_seconds)
    where w.recording_id = p_recording_id;
    return 'held';
  end if;
  update public.recordings r
  set state = 'ignored', since = now(), reason = 'The booking was ' || booking_status || ' before its recording was copied.'
  where r.id = p_recording_id;
  update private.capture_work w set holder = null, session_uri = null where w.recording_id = p_recording_id;
  return 'unwanted';
end
$$;
revoke execute on function public.renew_capture(uuid, bigint, double precision) from public, anon, authenticated;
grant execute on function public.renew_capture(uuid, bigint, double precision) to service_role;

-- Hands the lease back after a failure, and leaves on the recording what the next try meets with.
create function public.release_capture(p_recording_id uuid, p_fencing bigint, p_reason text) returns void
language plpgsql security definer set search_path = '' as $$
begin
  if not private.holds_capture(p_recording_id, p_fencing) then return; end if;
  update private.capture_work w set holder = null where w.recording_id = p_recording_id;
  update public.recordings r set reason = p_reason where r.id = p_recording_id;
end
$$;
revoke execute on function public.release_capture(uuid, bigint, text) from public, anon, authenticated;
grant execute on function public.release_capture(uuid, bigint, text) to service_role;
