-- not breaking: everything that is kept about one booking, for `npm run ops -- explain`

-- Users whose Google access mattered to the booking: its consultants, now and before, and the owners of its rooms.
create function private.booking_users(p_booking_id uuid) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select c.user_id from public.bookings b join public.consultants c on c.id = b.consultant_id
  where b.id = p_booking_id and c.user_id is not null
  union
  select r.user_id from private.booking_rooms r where r.booking_id = p_booking_id
  union
  select r.user_id from public.recordings r where r.booking_id = p_booking_id
  union
  select (h.detail -> 'from' ->> 'userId')::uuid from private.changes h
  where h.booking_id = p_booking_id and h.detail -> 'from' ->> 'userId' is not null;
$$;
revoke execute on function private.booking_users(uuid) from public, anon, authenticated, service_role;

-- What happened to those users' access while the booking had to do with it: from the last change before it was made
-- until it was done with.
create function private.connection_rows(p_booking_id uuid, p_since timestamptz, p_until timestamptz)
returns table (kind text, id text, at timestamptz, step text, name text, outcome text, recording_id uuid, detail jsonb)
language sql stable security definer set search_path = '' as $$
  select 'change', h.id::text, h.at, null, h.change, null, null::uuid, h.detail
  from private.booking_users(p_booking_id) as u (user_id) join private.changes h on h.user_id = u.user_id
  where h.at <= p_until and h.id >= coalesce((
    select max(b.id) from private.changes b where b.user_id = u.user_id and b.at < p_since), 0)
  union all
  select 'mail', left(m.key, 16), coalesce(m.settled_at, m.created_at), 'send-reminders', m.kind, m.state, null, jsonb_build_object(
    'dueAt', m.due_at, 'attempts', m.attempts, 'reason', m.reason)
  from private.booking_users(p_booking_id) as u (user_id) join private.messages m on m.user_id = u.user_id
  where m.booking_id is null and m.created_at between p_since and p_until;
$$;
revoke execute on function private.connection_rows(uuid, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

-- What is kept about its recordings.
create function private.recording_rows(p_booking_id uuid)
returns table (kind text, id text, at timestamptz, step text, name text, outcome text, recording_id uuid, detail jsonb)
language sql stable security definer set search_path = '' as $$
  select 'recording', r.id::text, coalesce(r.started_at, r.created_at), null, 'recording', r.state, r.id,
    jsonb_build_object('startedAt', r.started_at, 'endedAt', r.ended_at, 'durationMs', r.duration_ms,
      'sizeBytes', r.object_size_bytes, 'expiresAt', r.expires_at, 'reason', r.reason, 'since', r.since)
  from public.recordings r where r.booking_id = p_booking_id
  union all
  select 'job', j.recording_id || '/' || j.chunk, coalesce(j.started_at, r.since), null, 'transcription', j.state,
    j.recording_id, jsonb_build_object('chunk', j.chunk, 'model', j.model, 'starts', j.starts,
      'startedAt', j.started_at, 'finishedAt', j.finished_at, 'reason', j.reason)
  from private.transcription_jobs j join public.recordings r on r.id = j.recording_id
  where r.booking_id = p_booking_id
  union all
  select 'transcript', t.recording_id::text, t.created_at, null, 'transcript', t.speakers, t.recording_id,
    jsonb_build_object('words', t.words, 'languageCode', t.language_code, 'reason', t.speakers_reason)
  from public.transcripts t join public.recordings r on r.id = t.recording_id
  where r.booking_id = p_booking_id;
$$;
revoke execute on function private.recording_rows(uuid) from public, anon, authenticated, service_role;

-- What was announced, changed, done and mailed for it.
create function private.booking_rows(p_booking_id uuid)
returns table (kind text, id text, at timestamptz, step text, name text, outcome text, recording_id uuid, detail jsonb)
language sql stable security definer set search_path = '' as $$
  select 'outbox', o.id::text, o.created_at, null, coalesce(o.attributes ->> 'kind', o.topic),
    case when o.published_at is not null then 'published' when o.dead_at is not null then 'dead' else 'waiting' end,
    coalesce((o.data ->> 'recordingId')::uuid, (
      select r.id from public.recordings r where r.recording_name = o.data ->> 'recordingName')),
    jsonb_build_object('publishedAt', o.published_at, 'attempts', o.attempts, 'reason', o.last_error)
  from private.outbox o where o.data ->> 'bookingId' = p_booking_id::text
  union all
  select 'change', h.id::text, h.at, null, h.change, null, h.recording_id, h.detail
  from private.changes h where h.booking_id = p_booking_id
  union all
  select 'effect', e.id::text, e.at, e.step, e.effect, e.outcome, e.recording_id, e.detail || jsonb_build_object('key', e.key)
  from private.effects e where e.booking_id = p_booking_id
  union all
  select 'mail', left(m.key, 16), coalesce(m.settled_at, m.created_at), 'send-reminders', m.kind, m.state, null,
    jsonb_build_object('dueAt', m.due_at, 'attempts', m.attempts, 'reason', m.reason)
  from private.messages m where m.booking_id = p_booking_id;
$$;
revoke execute on function private.booking_rows(uuid) from public, anon, authenticated, service_role;

-- {asOf, bookingId, booking | null, tombstone | null, rows: [{kind, id, at, step, name, outcome, recordingId, detail}]};
-- null when nothing of ours ever heard of it. Kinds: outbox, change, effect, mail, recording, job, transcript.
create function public.read_booking_ledger(p_booking_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  booking public.bookings;
  tombstone private.booking_tombstones;
  known jsonb;
  since timestamptz;
begin
  select * into booking from public.bookings b where b.id = p_booking_id;
  select * into tombstone from private.booking_tombstones t where t.booking_id = p_booking_id;
  select min(r.at) into since from private.booking_rows(p_booking_id) r;
  if booking.id is null and since is null and tombstone.booking_id is null then return null; end if;
  since := coalesce(booking.created_at, since, tombstone.deleted_at);
  select coalesce(jsonb_agg(jsonb_build_object('kind', r.kind, 'id', r.id, 'at', r.at, 'step', r.step, 'name', r.name,
    'outcome', r.outcome, 'recordingId', r.recording_id, 'detail', r.detail) order by r.at, r.kind, r.id), '[]') into known
  from (
    select * from private.booking_rows(p_booking_id)
    union all select * from private.recording_rows(p_booking_id)
    union all select * from private.connection_rows(p_booking_id, since, case
      when booking.id is null then coalesce(tombstone.done_at, now())
      when booking.pipeline_status in ('analyzed', 'cancelled') then booking.pipeline_since else now() end)
  ) r;
  return jsonb_build_object(
    'asOf', now(), 'bookingId', p_booking_id, 'rows', known,
    'booking', case when booking.id is not null then jsonb_build_object(
      'createdAt', booking.created_at, 'status', booking.status, 'startsAt', booking.starts_at, 'endsAt', booking.ends_at,
      'timeZone', booking.time_zone, 'pipelineStatus', booking.pipeline_status, 'reason', booking.pipeline_reason,
      'since', booking.pipeline_since, 'meetingLink', booking.meeting_link) end,
    'tombstone', case when tombstone.booking_id is not null then jsonb_build_object(
      'deletedAt', tombstone.deleted_at, 'doneAt', tombstone.done_at) end);
end
$$;
revoke execute on function public.read_booking_ledger(uuid) from public, anon, authenticated;
grant execute on function public.read_booking_ledger(uuid) to service_role;
