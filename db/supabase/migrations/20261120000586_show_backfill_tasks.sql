-- not breaking: process-booking is told what a backfill asks of a booking, and which events were typed by hand

-- {kind: 'adopt', userId, calendarId, eventId, key} | {kind: 'undo'} | null. Of the row as it was asked for: a change of
-- the booking since then is looked after as any other.
create function private.backfill_task(p_booking_id uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
  select case
    when i.state = 'undoing' then '{"kind": "undo"}'::jsonb
    when i.state = 'queued' and i.decision = 'adopt' then jsonb_build_object('kind', 'adopt', 'userId', i.user_id,
      'calendarId', i.calendar_id, 'eventId', i.event_id, 'key', i.backfill_id::text) end
  from private.backfill_items i join public.bookings b on b.id = i.booking_id
  where i.booking_id = p_booking_id and b.revision = i.revision;
$$;
revoke execute on function private.backfill_task(uuid) from public, anon, authenticated;

-- As before, with which rooms were adopted, and the task.
create or replace function private.booking_snapshot(p_booking_id uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object(
    'booking', (
      select jsonb_build_object(
        'id', b.id, 'status', b.status, 'title', b.title, 'startsAt', b.starts_at, 'endsAt', b.ends_at,
        'timeZone', b.time_zone, 'customerName', b.customer_name, 'customerEmail', b.customer_email,
        'meetingPlatform', b.meeting_platform, 'revision', b.revision,
        'calendarGeneration', b.calendar_generation, 'googleCalendarEventId', b.google_calendar_event_id,
        'googleCalendarLink', b.google_calendar_link,
        'meetingLink', b.meeting_link, 'meetingId', b.meeting_id, 'pipelineStatus', b.pipeline_status
      ) from public.bookings b where b.id = p_booking_id
    ),
    'consultant', (
      select jsonb_build_object('userId', c.user_id, 'name', c.name, 'email', c.email, 'timeZone', c.time_zone)
      from public.bookings b join public.consultants c on c.id = b.consultant_id where b.id = p_booking_id
    ),
    'service', (
      select jsonb_build_object('name', s.name,
        'meetingSettings', coalesce(s.meeting_settings, '{}') || coalesce(b.meeting_settings, '{}'))
      from public.bookings b join public.services s on s.id = b.service_id where b.id = p_booking_id
    ),
    'connection', (
      select jsonb_build_object(
        'state', g.state, 'reason', g.reason, 'grantedScopes', g.granted_scopes, 'tokenVersion', g.token_version,
        'calendarId', coalesce(t.google_calendar_id, 'primary')
      )
      from public.bookings b
      join public.consultants c on c.id = b.consultant_id
      join public.google_connections g on g.user_id = c.user_id
      left join public.user_tokens t on t.user_id = c.user_id
      where b.id = p_booking_id
    ),
    'rooms', coalesce((
      select jsonb_agg(jsonb_build_object(
        'userId', r.user_id, 'calendarId', r.calendar_id, 'eventId', r.event_id, 'spaceName', r.space_name,
        'meetingCode', r.meeting_code, 'adopted', r.adopted_at is not null
      ) order by r.created_at, r.event_id)
      from private.booking_rooms r where r.booking_id = p_booking_id and r.retired_at is null
    ), '[]'::jsonb),
    'deleted', exists (select 1 from private.booking_tombstones t where t.booking_id = p_booking_id),
    'task', private.backfill_task(p_booking_id)
  );
$$;
revoke execute on function private.booking_snapshot(uuid) from public, anon, authenticated;

-- As before, and notes that an event was typed by hand (p_room ->> 'adopted').
create or replace function public.plan_booking_room(
  p_booking_id uuid, p_fencing bigint, p_room jsonb, p_lease_seconds double precision
) returns boolean language plpgsql security definer set search_path = '' as $$
begin
  if not public.renew_booking_lease(p_booking_id, p_fencing, p_lease_seconds) then return false; end if;
  insert into private.booking_rooms as r (booking_id, event_id, user_id, calendar_id, adopted_at)
  values (p_booking_id, p_room ->> 'eventId', (p_room ->> 'userId')::uuid, p_room ->> 'calendarId',
    case when (p_room ->> 'adopted')::boolean then now() end)
  on conflict (booking_id, user_id, calendar_id, event_id)
  do update set retired_at = null, adopted_at = coalesce(r.adopted_at, excluded.adopted_at)
  where r.retired_at is not null or r.adopted_at is null and excluded.adopted_at is not null;
  return true;
end
$$;
revoke execute on function public.plan_booking_room(uuid, bigint, jsonb, double precision)
  from public, anon, authenticated;
grant execute on function public.plan_booking_room(uuid, bigint, jsonb, double precision) to service_role;
