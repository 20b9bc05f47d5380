-- not breaking: what a booking says of recordings that failed, wait or are still on their way

-- What a booking's transcript lacks, as a sentence for the row; null when it lacks nothing.
create function private.missing_recordings_reason(p_booking_id uuid) returns text
language sql stable security definer set search_path = '' as $$
  select nullif(concat_ws(' ',
    case count(*) filter (where r.state in ('found', 'copying', 'copied', 'transcribing'))
      when 0 then null
      when 1 then 'Another recording of this meeting is still being processed; it will be added.'
      else count(*) filter (where r.state in ('found', 'copying', 'copied', 'transcribing'))
        || ' more recordings of this meeting are still being processed; they will be added.' end,
    'A recording of this meeting is missing: '
      || string_agg(r.reason, ' ' order by r.started_at, r.id) filter (where r.state = 'failed')), '')
  from public.recordings r where r.booking_id = p_booking_id;
$$;
revoke execute on function private.missing_recordings_reason(uuid) from public, anon, authenticated;

-- Says it beside a transcript; a word about the calendar stays.
create function private.show_missing_recordings(p_booking_id uuid) returns void
language sql security definer set search_path = '' as $$
  update public.bookings b set pipeline_reason = private.missing_recordings_reason(b.id)
  where b.id = p_booking_id and b.pipeline_status in ('transcribed', 'analyzed')
    and coalesce(b.pipeline_reason, '') not like 'Calendar: %';
$$;
revoke execute on function private.show_missing_recordings(uuid) from public, anon, authenticated;

-- A booking says `failed` only when none of its recordings can become a transcript any more.
create function private.show_recording_failure(p_recording_id uuid, p_status text, p_reason text) returns void
language sql security definer set search_path = '' as $$
  update public.bookings b
  set pipeline_status = p_status, pipeline_reason = p_reason,
      pipeline_since = case when b.pipeline_status = p_status then b.pipeline_since else now() end
  from public.recordings r
  where r.id = p_recording_id and b.id = r.booking_id and b.status in ('confirmed', 'completed')
    and coalesce(b.pipeline_status, '') not in ('transcribed', 'analyzed', 'cancelled')
    and not exists (
      select 1 from public.recordings o
      where o.booking_id = b.id and o.id <> r.id and o.state not in ('failed', 'ignored'));
  select private.show_missing_recordings(r.booking_id) from public.recordings r where r.id = p_recording_id;
$$;
revoke execute on function private.show_recording_failure(uuid, text, text) from public, anon, authenticated;
