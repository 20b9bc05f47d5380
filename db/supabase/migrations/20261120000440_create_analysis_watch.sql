-- not breaking: what keep-watch does for analyses that stand still

-- Asks again for bookings that have a recording's transcript and no insights although nobody works on them: the message
-- was given up, or its last holder died. Bounded: after p_max_requeues the row says so.
create function public.requeue_stuck_analyses(
  p_overdue_seconds double precision, p_limit integer, p_max_requeues integer
) returns integer language plpgsql security definer set search_path = '' as $$
declare
  late timestamptz := clock_timestamp() - make_interval(secs => p_overdue_seconds);
  stuck record;
  asked integer := 0;
begin
  for stuck in
    select b.id, b.pipeline_status, w.requeues, w.trouble, (
      select r.id from public.recordings r where r.booking_id = b.id and r.state = 'transcribed'
      order by r.started_at, r.id limit 1) as recording_id
    from public.bookings b join private.analysis_work w on w.booking_id = b.id
    where b.status in ('confirmed', 'completed') and b.pipeline_status in ('captured', 'transcribed')
      and b.pipeline_since < late and (w.requeued_at is null or w.requeued_at < late)
      and w.requeues <= p_max_requeues and (w.holder is null or w.expires_at < clock_timestamp())
      and exists (
        select 1 from public.recordings r where r.booking_id = b.id and r.state = 'transcribed' and r.since < late)
      and not exists (
        select 1 from private.outbox o
        where o.data ->> 'bookingId' = b.id::text and o.topic = 'storage-events'
          and o.published_at is null and o.dead_at is null)
    order by w.requeued_at nulls first, b.pipeline_since limit p_limit for update of w skip locked
  loop
    -- One more than the rounds: this booking was given up and is not looked at again.
    update private.analysis_work w set requeues = w.requeues + 1, requeued_at = clock_timestamp()
    where w.booking_id = stuck.id;
    if stuck.requeues < p_max_requeues then
      insert into private.outbox (topic, data, attributes)
      values ('storage-events', jsonb_build_object('recordingId', stuck.recording_id, 'bookingId', stuck.id),
        '{"kind": "transcription.finished", "version": "1"}');
      asked := asked + 1;
    else
      update public.bookings b
      set pipeline_status = case when stuck.pipeline_status = 'captured' then 'failed' else b.pipeline_status end,
          pipeline_since = case when stuck.pipeline_status = 'captured' then now() else b.pipeline_since end,
          pipeline_reason = concat_ws(' ', case when stuck.pipeline_status = 'captured'
            then 'The transcript could not be written' else 'The insights could not be made' end
            || ' in ' || p_max_requeues || ' rounds of retries.', stuck.trouble)
      where b.id = stuck.id and b.pipeline_status = stuck.pipeline_status;
    end if;
  end loop;
  if asked > 0 then perform private.ping_relay(); end if;
  return asked;
end
$$;
revoke execute on function public.requeue_stuck_analyses(double precision, integer, integer)
  from public, anon, authenticated;
grant execute on function public.requeue_stuck_analyses(double precision, integer, integer) to service_role;
