-- not breaking: `read_pipeline_status` also says how far meetings get, how long steps last, what failed just now

-- The backlog's report stays as it is, under another name; the public function adds to it under the old one, so that a
-- release that knows less of it goes on reading what it knows.
alter function public.read_pipeline_status(double precision, double precision) set schema private;
alter function private.read_pipeline_status(double precision, double precision) rename to read_pipeline_backlog;
revoke execute on function private.read_pipeline_backlog(double precision, double precision) from service_role;

create index transcription_jobs_started on private.transcription_jobs (started_at);

-- Counts and ages, no personal data. The last hour's failures are apart from the older ones: an alarm on all of them
-- would stay on for days and hide the next one.
create function private.read_pipeline_flow() returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object(
    -- seconds; only steps that somebody works on: 'scheduled' waits for its meeting, and may
    'oldestSteps', (
      select jsonb_build_object(
        'pending', extract(epoch from now() - min(b.pipeline_since) filter (where b.pipeline_status = 'pending')),
        'captured', extract(epoch from now() - min(b.pipeline_since) filter (where b.pipeline_status = 'captured')),
        'transcribed',
          extract(epoch from now() - min(b.pipeline_since) filter (where b.pipeline_status = 'transcribed')))
      from public.bookings b where b.pipeline_status in ('pending', 'captured', 'transcribed')),
    'lastHour', jsonb_build_object(
      'failedBookings', (
        select count(*) from public.bookings b
        where b.pipeline_status = 'failed' and b.pipeline_since > now() - interval '1 hour'),
      'failedRecordings', (
        select count(*) from public.recordings r where r.state = 'failed' and r.since > now() - interval '1 hour'),
      'failedMail', (
        select count(*) from private.messages m
        where m.state = 'failed' and m.settled_at > now() - interval '1 hour'),
      'lostConnections', (
        select count(*) from public.google_connections g
        where g.state = 'needs_reconnect' and g.since > now() - interval '1 hour')),
    -- meetings that ended within 30 days and have not been cancelled; each stage counts what got at least so far
    'funnel', (
      select jsonb_build_object(
        'confirmed', count(*),
        'scheduled', count(*) filter (where b.google_calendar_event_id is not null),
        'captured', count(*) filter (where b.meeting_recording_url is not null
          or b.pipeline_status in ('captured', 'transcribed', 'analyzed')),
        'transcribed', count(*) filter (where b.meeting_transcript is not null),
        'analyzed', count(*) filter (where b.ai_insights is not null))
      from public.bookings b
      where b.status in ('confirmed', 'completed') and b.pipeline_status is not null
        and b.ends_at between now() - interval '30 days' and now()),
    -- what Speech is paid for: each start is the recording's whole length, divided where it was cut
    'speechMinutesLastDay', (
      select coalesce(sum(j.starts * r.duration_ms / 60000.0 / c.chunks), 0)
      from private.transcription_jobs j
      join public.recordings r on r.id = j.recording_id
      cross join lateral (
        select count(*) as chunks from private.transcription_jobs k where k.recording_id = j.recording_id) c
      where j.started_at > now() - interval '1 day'));
$$;
revoke execute on function private.read_pipeline_flow() from public, anon, authenticated, service_role;

create function public.read_pipeline_status(p_recent_seconds double precision, p_expiring_seconds double precision)
returns jsonb language sql stable security definer set search_path = '' as $$
  select private.read_pipeline_backlog(p_recent_seconds, p_expiring_seconds) || private.read_pipeline_flow();
$$;
revoke execute on function public.read_pipeline_status(double precision, double precision)
  from public, anon, authenticated;
grant execute on function public.read_pipeline_status(double precision, double precision) to service_role;
