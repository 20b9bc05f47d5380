-- not breaking: what stopped a recording and what set it going again, and every try that failed, are kept as well

-- Called by the trigger below, as the owner. The ordinary steps are told by their effects.
create function private.record_recording_change() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.changes (booking_id, recording_id, change, detail)
  values (coalesce(new.booking_id, old.booking_id), new.id,
    case when new.state in ('failed', 'ignored') then 'recording.' || new.state else 'recording.resumed' end,
    jsonb_build_object('from', old.state, 'to', new.state, 'reason', new.reason));
  return null;
end
$$;
revoke execute on function private.record_recording_change() from public, anon, authenticated, service_role;

create trigger on_recording_update_record_change after update on public.recordings
  for each row when (
    old.state is distinct from new.state
    and (old.state in ('failed', 'ignored') or new.state in ('failed', 'ignored'))
  ) execute function private.record_recording_change();

-- Called by the trigger below, as the owner.
create function private.record_recording_parked() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.changes (booking_id, recording_id, change, detail)
  select r.booking_id, r.id, 'recording.parked', jsonb_build_object('reason', r.reason)
  from public.recordings r where r.id = new.recording_id;
  return null;
end
$$;
revoke execute on function private.record_recording_parked() from public, anon, authenticated, service_role;

create trigger on_capture_work_parked_record_change after update on private.capture_work
  for each row when (new.parked_version is not null and old.parked_version is distinct from new.parked_version)
  execute function private.record_recording_parked();

-- As before, and: a try that failed leaves a line; Pub/Sub's attempts and keep-watch's rounds bound their number.
create or replace function public.release_booking_lease(
  p_booking_id uuid, p_fencing bigint, p_reason text, p_effects jsonb
) returns void language plpgsql security definer set search_path = '' as $$
begin
  perform public.record_effects(p_effects);
  update private.booking_leases l set holder = null where l.booking_id = p_booking_id and l.fencing = p_fencing;
  if not found then return; end if;
  insert into private.changes (booking_id, change, detail)
  values (p_booking_id, 'booking.retry', jsonb_build_object('reason', p_reason));
  update public.bookings b set pipeline_reason = p_reason
  where b.id = p_booking_id and b.pipeline_status = 'pending';
end
$$;
revoke execute on function public.release_booking_lease(uuid, bigint, text, jsonb) from public, anon, authenticated;
grant execute on function public.release_booking_lease(uuid, bigint, text, jsonb) to service_role;

create or replace function public.release_capture(p_recording_id uuid, p_fencing bigint, p_reason text) returns void
language plpgsql security definer set search_path = '' as $$
begin
  if not private.holds_capture(p_recording_id, p_fencing) then return; end if;
  update private.capture_work w set holder = null where w.recording_id = p_recording_id;
  update public.recordings r set reason = p_reason where r.id = p_recording_id;
  insert into private.changes (booking_id, recording_id, change, detail)
  select r.booking_id, r.id, 'recording.retry', jsonb_build_object('reason', p_reason)
  from public.recordings r where r.id = p_recording_id;
end
$$;
revoke execute on function public.release_capture(uuid, bigint, text) from public, anon, authenticated;
grant execute on function public.release_capture(uuid, bigint, text) to service_role;

create or replace function public.release_analysis(p_booking_id uuid, p_fencing bigint, p_trouble text) returns void
language plpgsql security definer set search_path = '' as $$
begin
  update private.analysis_work w set holder = null, trouble = p_trouble
  where w.booking_id = p_booking_id and w.fencing = p_fencing;
  if not found then return; end if;
  insert into private.changes (booking_id, change, detail)
  values (p_booking_id, 'analysis.retry', jsonb_build_object('reason', p_trouble));
end
$$;
revoke execute on function public.release_analysis(uuid, bigint, text) from public, anon, authenticated;
grant execute on function public.release_analysis(uuid, bigint, text) to service_role;
