-- not breaking: process-booking is told when row and calendar last agreed on a meeting's times

-- As before, with `agreed` of each room.
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
        'meetingCode', r.meeting_code, 'adopted', r.adopted_at is not null,
        'agreed', case when r.agreed_starts_at is not null then
          jsonb_build_object('startsAt', r.agreed_starts_at, 'endsAt', r.agreed_ends_at) end
      ) order by r.created_at, r.event_id)
      from private.booking_rooms r where r.booking_id = p_booking_id and r.retired_at is null
    ), '[]'::jsonb),
    'deleted', exists (select 1 from private.booking_tombstones t where t.booking_id = p_booking_id),
    'task', private.backfill_task(p_booking_id)
  );
$$;
revoke execute on function private.booking_snapshot(uuid) from public, anon, authenticated;
