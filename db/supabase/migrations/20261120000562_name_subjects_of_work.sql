-- not breaking: begin_capture and begin_analysis also say which recording and booking a delivery is about

-- {kind: 'leased', fencing, recording} | {kind: 'busy'} another delivery works on it | {kind: 'redelivered'} this very
-- delivery holds it: its first run died or still runs | {kind: 'settled', state} nothing is left to do.
-- Each answer has a subject, {recordingId, bookingId?}: a delivery that does nothing belongs to the booking's trace too.
create or replace function public.begin_capture(
  p_recording_name text, p_user_id uuid, p_holder text, p_lease_seconds double precision
) returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  recording public.recordings;
  work private.capture_work;
  subject jsonb;
begin
  insert into public.recordings (recording_name, conference_record, user_id)
  values (p_recording_name, substring(p_recording_name from '^conferenceRecords/[^/]+'), p_user_id)
  on conflict (recording_name) do nothing;
  select * into recording from public.recordings r where r.recording_name = p_recording_name;
  insert into private.capture_work (recording_id) values (recording.id) on conflict (recording_id) do nothing;
  select * into work from private.capture_work w where w.recording_id = recording.id for update;
  select * into recording from public.recordings r where r.id = recording.id;
  subject := jsonb_build_object('subject', jsonb_strip_nulls(
    jsonb_build_object('recordingId', recording.id, 'bookingId', recording.booking_id)));
  if recording.state in ('transcribing', 'transcribed', 'failed') or recording.state = 'ignored' and not exists (
    select 1 from private.booking_rooms m join public.bookings b on b.id = m.booking_id
    where m.space_name = recording.space_name and b.status in ('confirmed', 'completed'))
  then
    return subject || jsonb_build_object('kind', 'settled', 'state', recording.state);
  end if;
  if work.holder is not null and work.expires_at > clock_timestamp() then
    return subject || jsonb_build_object('kind', case when work.holder = p_holder then 'redelivered' else 'busy' end);
  end if;
  update private.capture_work w
  set holder = p_holder, fencing = w.fencing + 1,
      expires_at = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where w.recording_id = recording.id returning * into work;
  -- Its booking was cancelled and stands again: the work goes on from where it was.
  update public.recordings r
  set state = case when r.object_name is null then 'found' else 'copied' end, reason = null, since = now()
  where r.id = recording.id and r.state = 'ignored' and r.booking_id is not null;
  return subject || jsonb_build_object('kind', 'leased', 'fencing', work.fencing,
    'recording', private.recording_snapshot(recording.id));
end
$$;

-- {kind: 'leased', fencing, snapshot} | {kind: 'busy'} another delivery works on the booking and will take this
-- recording up before it leaves | {kind: 'redelivered'} this very delivery holds it: its first run died or still runs
-- | {kind: 'unknown'} no such recording | {kind: 'unwanted', reason} nothing may be written for it.
-- All but `unknown` have a subject, {recordingId, bookingId?}.
create or replace function public.begin_analysis(p_recording_id uuid, p_holder text, p_lease_seconds double precision)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  recording public.recordings;
  booking_status text;
  work private.analysis_work;
  subject jsonb;
begin
  select * into recording from public.recordings r where r.id = p_recording_id;
  if not found then return '{"kind": "unknown"}'::jsonb; end if;
  subject := jsonb_build_object('subject', jsonb_strip_nulls(
    jsonb_build_object('recordingId', recording.id, 'bookingId', recording.booking_id)));
  select b.status into booking_status from public.bookings b where b.id = recording.booking_id;
  if booking_status is null or booking_status not in ('confirmed', 'completed') or recording.state = 'ignored' then
    return subject
      || jsonb_build_object('kind', 'unwanted', 'reason', coalesce('the booking is ' || booking_status, 'no booking'));
  end if;
  insert into private.analysis_work (booking_id) values (recording.booking_id) on conflict (booking_id) do nothing;
  select * into work from private.analysis_work w where w.booking_id = recording.booking_id for update;
  if work.holder is not null and work.expires_at > clock_timestamp() then
    if work.holder = p_holder then return subject || '{"kind": "redelivered"}'::jsonb; end if;
    update private.analysis_work w set waiting = array_append(array_remove(w.waiting, p_recording_id), p_recording_id)
    where w.booking_id = recording.booking_id;
    return subject || '{"kind": "busy"}'::jsonb;
  end if;
  update private.analysis_work w
  set holder = p_holder, fencing = w.fencing + 1, waiting = array_remove(w.waiting, p_recording_id),
      expires_at = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where w.booking_id = recording.booking_id returning * into work;
  return subject || jsonb_build_object('kind', 'leased', 'fencing', work.fencing,
    'snapshot', private.analysis_snapshot(recording.booking_id));
end
$$;
