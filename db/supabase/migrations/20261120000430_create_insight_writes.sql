-- not breaking: transcript and insights reach the booking row

-- Puts the merged transcript on the row; insights about another text leave it in the same statement.
-- True, or false when the lease is lost or the booking is no longer wanted.
create function public.write_transcript(
  p_booking_id uuid, p_fencing bigint, p_text text, p_lease_seconds double precision
) returns boolean language plpgsql security definer set search_path = '' as $$
begin
  if not private.holds_analysis(p_booking_id, p_fencing, p_lease_seconds) then return false; end if;
  update public.bookings b
  set meeting_transcript = p_text, ai_insights = null, pipeline_status = 'transcribed', pipeline_since = now()
  where b.id = p_booking_id and (
    b.meeting_transcript is distinct from p_text or b.ai_insights is null and b.pipeline_status <> 'transcribed');
  perform private.show_missing_recordings(p_booking_id);
  return true;
end
$$;
revoke execute on function public.write_transcript(uuid, bigint, text, double precision) from public, anon, authenticated;
grant execute on function public.write_transcript(uuid, bigint, text, double precision) to service_role;

-- Puts insights on the row if they are about the transcript that is on it.
-- {kind: 'written'} | {kind: 'stale'} the row carries another text | {kind: 'fenced'}
create function public.write_insights(
  p_booking_id uuid, p_fencing bigint, p_insights jsonb, p_lease_seconds double precision
) returns jsonb language plpgsql security definer set search_path = '' as $$
begin
  if not private.holds_analysis(p_booking_id, p_fencing, p_lease_seconds) then return '{"kind": "fenced"}'::jsonb; end if;
  update public.bookings b
  set ai_insights = p_insights, pipeline_status = 'analyzed',
      pipeline_since = case when b.pipeline_status = 'analyzed' then b.pipeline_since else now() end
  where b.id = p_booking_id
    and encode(sha256(convert_to(b.meeting_transcript, 'UTF8')), 'hex') = p_insights ->> 'transcriptHash';
  if not found then return '{"kind": "stale"}'::jsonb; end if;
  perform private.show_missing_recordings(p_booking_id);
  update private.analysis_work w set requeues = 0, requeued_at = null, trouble = null
  where w.booking_id = p_booking_id;
  return '{"kind": "written"}'::jsonb;
end
$$;
revoke execute on function public.write_insights(uuid, bigint, jsonb, double precision) from public, anon, authenticated;
grant execute on function public.write_insights(uuid, bigint, jsonb, double precision) to service_role;

-- A recording that will never have a transcript says why. The row says `failed` only when no other recording can
-- become one; a transcript that is on the row stays there, with the reason beside it.
create function public.fail_analysis(
  p_booking_id uuid, p_fencing bigint, p_recording_id uuid, p_reason text, p_lease_seconds double precision
) returns boolean language plpgsql security definer set search_path = '' as $$
begin
  if not private.holds_analysis(p_booking_id, p_fencing, p_lease_seconds) then return false; end if;
  update public.recordings r
  set state = 'failed', reason = p_reason, since = case when r.state = 'failed' then r.since else now() end
  where r.id = p_recording_id and r.booking_id = p_booking_id
    and not exists (select 1 from public.transcript_segments s where s.recording_id = r.id);
  if found then
    perform private.show_recording_failure(p_recording_id, 'failed', p_reason);
  else
    update public.bookings b set pipeline_reason = p_reason
    where b.id = p_booking_id and b.pipeline_status in ('transcribed', 'analyzed');
  end if;
  return true;
end
$$;
revoke execute on function public.fail_analysis(uuid, bigint, uuid, text, double precision)
  from public, anon, authenticated;
grant execute on function public.fail_analysis(uuid, bigint, uuid, text, double precision) to service_role;
