-- not breaking: what row and calendar agreed upon is kept, and a row can follow what was done in the calendar

-- p_agreement: {userId, calendarId, eventId, etag, startsAt, endsAt}
create function private.note_calendar_agreement(p_booking_id uuid, p_agreement jsonb) returns void
language sql security definer set search_path = '' as $$
  update private.booking_rooms r
  set etag = p_agreement ->> 'etag', agreed_starts_at = (p_agreement ->> 'startsAt')::timestamptz,
      agreed_ends_at = (p_agreement ->> 'endsAt')::timestamptz
  where r.booking_id = p_booking_id and r.user_id = (p_agreement ->> 'userId')::uuid
    and r.calendar_id = p_agreement ->> 'calendarId' and r.event_id = p_agreement ->> 'eventId';
$$;
revoke execute on function private.note_calendar_agreement(uuid, jsonb) from public, anon, authenticated;

-- What was read in the calendar meanwhile and is not what this pass has left is somebody else's change: announced once.
create function private.compare_seen_events(p_booking_id uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
  edited integer;
begin
  with compared as (
    update private.booking_rooms r set seen_etag = null
    from private.booking_rooms o
    where r.booking_id = p_booking_id and r.seen_etag is not null and r.retired_at is null
      and (o.booking_id, o.user_id, o.calendar_id, o.event_id) = (r.booking_id, r.user_id, r.calendar_id, r.event_id)
    returning o.seen_etag is distinct from r.etag as is_edited
  )
  select count(*) into edited from compared c where c.is_edited;
  if edited > 0 then perform private.announce_calendar_edits(array[p_booking_id]); end if;
end
$$;
revoke execute on function private.compare_seen_events(uuid) from public, anon, authenticated, service_role;

-- p_follow: {startsAt, endsAt} | {cancelled: true}. A change of the row as any other: it raises the revision, is announced,
-- and the customer is told of it.
create function private.follow_calendar(p_booking_id uuid, p_follow jsonb) returns void
language sql security definer set search_path = '' as $$
  update public.bookings b
  set starts_at = coalesce((p_follow ->> 'startsAt')::timestamptz, b.starts_at),
      ends_at = coalesce((p_follow ->> 'endsAt')::timestamptz, b.ends_at),
      status = case when (p_follow ->> 'cancelled')::boolean then 'cancelled' else b.status end
  where b.id = p_booking_id;
$$;
revoke execute on function private.follow_calendar(uuid, jsonb) from public, anon, authenticated;

-- As before, and: p_result -> 'agreement' is what the pass left in the calendar, p_result -> 'follow' what the row takes
-- over from it.
create or replace function public.finish_booking_reconcile(
  p_booking_id uuid, p_fencing bigint, p_revision integer, p_result jsonb, p_effects jsonb
) returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  booking public.bookings;
  room jsonb := nullif(p_result -> 'room', 'null'::jsonb);
  event jsonb := p_result -> 'event';
  returned jsonb := nullif(p_result -> 'returned', 'null'::jsonb);
  follow jsonb := nullif(p_result -> 'follow', 'null'::jsonb);
  new_status text := p_result ->> 'status';
  kept boolean;
begin
  perform public.record_effects(p_effects);
  perform 1 from private.booking_leases l
  where l.booking_id = p_booking_id and l.fencing = p_fencing and l.holder is not null for update;
  if not found then return '{"kind": "fenced"}'::jsonb; end if;

  update private.booking_rooms r set retired_at = now()
  from jsonb_to_recordset(p_result -> 'retired') as x ("userId" uuid, "calendarId" text, "eventId" text)
  where r.booking_id = p_booking_id and r.user_id = x."userId" and r.calendar_id = x."calendarId"
    and r.event_id = x."eventId" and r.retired_at is null;
  if room is not null then
    update private.booking_rooms r set space_name = room ->> 'spaceName', meeting_code = room ->> 'meetingCode'
    where r.booking_id = p_booking_id and r.user_id = (room ->> 'userId')::uuid
      and r.calendar_id = room ->> 'calendarId' and r.event_id = room ->> 'eventId';
  end if;

  select * into booking from public.bookings b where b.id = p_booking_id for update;
  if booking.revision is distinct from p_revision
    -- Asked for while this pass was under way.
    or p_result ? 'task' and private.backfill_task(p_booking_id) ->> 'kind' is distinct from p_result ->> 'task'
    -- Connected again after this pass looked: the bookings that wait were announced before this one says so.
    or new_status = 'needs_reconnect' and exists (
      select 1 from public.google_connections g join public.consultants c on c.user_id = g.user_id
      where c.id = booking.consultant_id and g.state = 'connected'
        and g.token_version is distinct from (p_result ->> 'tokenVersion')::integer)
  then
    return jsonb_build_object('kind', 'changed', 'snapshot', private.booking_snapshot(p_booking_id));
  end if;

  if booking.id is null then
    update private.booking_tombstones t set done_at = now() where t.booking_id = p_booking_id;
  elsif new_status is not null then
    -- What was captured stays captured; what the calendar still lacks is told beside it.
    kept := coalesce(booking.pipeline_status in ('captured', 'transcribed', 'analyzed'), false)
      and new_status <> 'cancelled';
    update public.bookings b
    set pipeline_status = case when kept then b.pipeline_status else new_status end,
        pipeline_reason = case
          when not kept then p_result ->> 'reason'
          when p_result ->> 'reason' is not null then 'Calendar: ' || (p_result ->> 'reason')
          when b.pipeline_reason not like 'Calendar: %' then b.pipeline_reason end,
        pipeline_since = case when kept or b.pipeline_status is not distinct from new_status
          then b.pipeline_since else now() end
    where b.id = p_booking_id;
  end if;
  if event is not null then
    update public.bookings b
    set google_calendar_event_id = event ->> 'id', google_calendar_link = event ->> 'link',
        meeting_link = event ->> 'meetingLink', meeting_id = event ->> 'meetingId',
        calendar_generation = (event ->> 'generation')::integer
    where b.id = p_booking_id;
  end if;
  perform private.note_calendar_agreement(p_booking_id, nullif(p_result -> 'agreement', 'null'::jsonb));
  perform private.compare_seen_events(p_booking_id);
  if follow is not null then
    perform private.follow_calendar(p_booking_id, follow);
  end if;
  if returned is not null then
    perform private.return_booking(p_booking_id, returned);
  else
    perform private.settle_backfill_item(p_booking_id, new_status, p_result ->> 'reason');
  end if;
  -- A link that Google never finishes stays bounded: only an end that needs no further look starts the count anew.
  update private.booking_leases l
  set holder = null, requeues = case when new_status in ('pending', 'needs_reconnect') then l.requeues else 0 end,
      requeued_at = case when new_status in ('pending', 'needs_reconnect') then l.requeued_at end
  where l.booking_id = p_booking_id;
  return '{"kind": "written"}'::jsonb;
end
$$;
revoke execute on function public.finish_booking_reconcile(uuid, bigint, integer, jsonb, jsonb)
  from public, anon, authenticated;
grant execute on function public.finish_booking_reconcile(uuid, bigint, integer, jsonb, jsonb) to service_role;
