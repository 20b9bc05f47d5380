-- not breaking: what an operator asks first (`npm run ops -- status`, `explain`)

-- Counts and ages, no personal data. Failures older than p_recent_seconds count only where the meeting is still ahead.
create function public.read_pipeline_status(p_recent_seconds double precision, p_expiring_seconds double precision)
returns jsonb language sql stable security definer set search_path = '' as $$
  select jsonb_build_object(
    'at', now(),
    'bookings', (
      select coalesce(jsonb_object_agg(s.status, s.count), '{}') from (
        select b.pipeline_status as status, count(*) as count from public.bookings b
        where b.pipeline_status is not null group by b.pipeline_status) s),
    'neverSeenBookings', (
      select count(*) from public.bookings b
      where b.pipeline_status is null and b.status = 'confirmed' and b.starts_at > now()),
    'failedBookings', (
      select count(*) from public.bookings b where b.pipeline_status = 'failed'
        and (b.ends_at > now() or b.pipeline_since > now() - make_interval(secs => p_recent_seconds))),
    'overdueBookings', (
      select count(*) from public.overdue_bookings o where o.pipeline_status in ('pending', 'captured', 'transcribed')),
    'undoneDeletions', (
      select count(*) from private.booking_tombstones t
      where t.done_at is null and t.deleted_at < now() - interval '10 minutes'),
    'outbox', (
      select jsonb_build_object(
        'waiting', count(*) filter (where o.dead_at is null),
        'oldestWaitingSeconds', extract(epoch from now() - min(o.created_at) filter (where o.dead_at is null)),
        'dead', count(*) filter (where o.dead_at is not null),
        'oldestDeadSeconds', extract(epoch from now() - min(o.dead_at)),
        'deadReasons', coalesce((
          select jsonb_agg(distinct left(d.last_error, 200)) from (
            select o2.last_error from private.outbox o2 where o2.published_at is null and o2.dead_at is not null
            order by o2.dead_at desc limit 100) d where d.last_error is not null), '[]'))
      from private.outbox o where o.published_at is null),
    'connections', (
      select coalesce(jsonb_object_agg(s.state, s.count), '{}') from (
        select g.state, count(*) as count from public.google_connections g group by g.state) s),
    'subscriptions', (
      select jsonb_build_object(
        'active', count(*) filter (where s.name is not null and s.expires_at > now()),
        'expiring', count(*) filter (where s.name is not null and s.expires_at > now()
          and s.expires_at < now() + make_interval(secs => p_expiring_seconds)),
        'expired', count(*) filter (where s.name is not null and s.expires_at <= now()),
        'missing', count(*) filter (where s.name is null),
        'problems', count(*) filter (where s.problem is not null))
      from public.google_connections g left join private.workspace_subscriptions s on s.user_id = g.user_id
      where g.state = 'connected'),
    'recordings', (
      select coalesce(jsonb_object_agg(s.state, s.count), '{}') from (
        select r.state, count(*) as count from public.recordings r group by r.state) s),
    'failedRecordings', (
      select count(*) from public.recordings r
      where r.state = 'failed' and r.since > now() - make_interval(secs => p_recent_seconds)),
    'mail', (
      select jsonb_build_object(
        'unsent', count(*) filter (where m.state = 'planned' and m.due_at <= now()),
        'oldestUnsentSeconds', extract(epoch from now() - min(m.due_at)
          filter (where m.state = 'planned' and m.due_at <= now())),
        'failed', count(*) filter (where m.state = 'failed'
          and m.settled_at > now() - make_interval(secs => p_recent_seconds)))
      from private.messages m where m.state in ('planned', 'failed')),
    'rejectedInputs', (
      select coalesce(jsonb_agg(jsonb_build_object('edge', r.edge, 'reason', r.reason, 'count', r.count)
        order by r.count desc, r.edge, r.reason), '[]')
      from (
        select i.edge, i.reason, count(*) as count from private.rejected_inputs i
        where i.at > now() - interval '1 day' group by i.edge, i.reason
        order by count(*) desc limit 20) r));
$$;
revoke execute on function public.read_pipeline_status(double precision, double precision)
  from public, anon, authenticated;
grant execute on function public.read_pipeline_status(double precision, double precision) to service_role;

-- One booking's sentences and what hangs on it, in one snapshot; null when nothing of ours ever heard of it.
-- No address, name or word of the people concerned: whose mail it is says the booking row.
create function public.read_booking_chain(p_booking_id uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
  select c.chain from (
    select jsonb_build_object(
      'bookingId', p_booking_id,
      'sentences', coalesce((
        select jsonb_agg(e.sentence order by e.nr)
        from public.explain_booking(p_booking_id) with ordinality as e (sentence, nr)), '[]'),
      'recordings', coalesce((
        select jsonb_agg(jsonb_build_object(
          'id', r.id, 'name', r.recording_name, 'state', r.state, 'reason', r.reason, 'since', r.since,
          'startedAt', r.started_at, 'durationMs', r.duration_ms, 'sizeBytes', r.object_size_bytes,
          'transcriptionJobs', coalesce((
            select jsonb_agg(jsonb_build_object('chunk', j.chunk, 'state', j.state, 'model', j.model,
              'starts', j.starts, 'startedAt', j.started_at, 'finishedAt', j.finished_at, 'reason', j.reason)
              order by j.chunk)
            from private.transcription_jobs j where j.recording_id = r.id), '[]'))
          order by coalesce(r.started_at, r.created_at), r.id)
        from public.recordings r where r.booking_id = p_booking_id), '[]'),
      'mails', coalesce((
        select jsonb_agg(jsonb_build_object('kind', m.kind, 'state', m.state, 'reason', m.reason, 'dueAt', m.due_at,
          'attempts', m.attempts, 'settledAt', m.settled_at) order by m.created_at, m.key)
        from private.messages m where m.booking_id = p_booking_id), '[]')) as chain
  ) c
  where exists (select 1 from public.bookings b where b.id = p_booking_id)
    or exists (select 1 from private.booking_tombstones t where t.booking_id = p_booking_id)
    or exists (select 1 from private.effects e where e.booking_id = p_booking_id);
$$;
revoke execute on function public.read_booking_chain(uuid) from public, anon, authenticated;
grant execute on function public.read_booking_chain(uuid) to service_role;
