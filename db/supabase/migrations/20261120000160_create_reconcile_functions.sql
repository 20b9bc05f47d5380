-- not breaking: lease and snapshot of process-booking
create function private.booking_snapshot(p_booking_id uuid) returns jsonb
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
        'meetingCode', r.meeting_code
      ) order by r.created_at, r.event_id)
      from private.booking_rooms r where r.booking_id = p_booking_id and r.retired_at is null
    ), '[]'::jsonb),
    'deleted', exists (select 1 from private.booking_tombstones t where t.booking_id = p_booking_id)
  );
$$;
revoke execute on function private.booking_snapshot(uuid) from public, anon, authenticated;

-- {kind: 'leased', fencing, snapshot} | {kind: 'busy'} another delivery holds it and will see the newest row
-- before it leaves | {kind: 'redelivered'} this very delivery holds it: its first run died or still runs.
create function public.begin_booking_reconcile(p_booking_id uuid, p_holder text, p_lease_seconds double precision)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  lease private.booking_leases;
begin
  insert into private.booking_leases (booking_id) values (p_booking_id) on conflict (booking_id) do nothing;
  select * into lease from private.booking_leases l where l.booking_id = p_booking_id for update;
  if lease.holder is not null and lease.expires_at > clock_timestamp() then
    return jsonb_build_object('kind', case when lease.holder = p_holder then 'redelivered' else 'busy' end);
  end if;
  update private.booking_leases l
  set holder = p_holder, fencing = l.fencing + 1,
      expires_at = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where l.booking_id = p_booking_id returning * into lease;
  return jsonb_build_object('kind', 'leased', 'fencing', lease.fencing,
    'snapshot', private.booking_snapshot(p_booking_id));
end
$$;
revoke execute on function public.begin_booking_reconcile(uuid, text, double precision) from public, anon, authenticated;
grant execute on function public.begin_booking_reconcile(uuid, text, double precision) to service_role;

-- Asked before everything that changes the world: true while nobody has taken over, and then the lease lasts anew.
create function public.renew_booking_lease(p_booking_id uuid, p_fencing bigint, p_lease_seconds double precision)
returns boolean language plpgsql security definer set search_path = '' as $$
begin
  update private.booking_leases l set expires_at = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where l.booking_id = p_booking_id and l.fencing = p_fencing and l.holder is not null;
  return found;
end
$$;
revoke execute on function public.renew_booking_lease(uuid, bigint, double precision) from public, anon, authenticated;
grant execute on function public.renew_booking_lease(uuid, bigint, double precision) to service_role;

-- Notes an event before Google is asked for it, and renews the lease. False: the lease is lost, ask for nothing.
create function public.plan_booking_room(
  p_booking_id uuid, p_fencing bigint, p_room jsonb, p_lease_seconds double precision
) returns boolean language plpgsql security definer set search_path = '' as $$
begin
  if not public.renew_booking_lease(p_booking_id, p_fencing, p_lease_seconds) then return false; end if;
  insert into private.booking_rooms as r (booking_id, event_id, user_id, calendar_id)
  values (p_booking_id, p_room ->> 'eventId', (p_room ->> 'userId')::uuid, p_room ->> 'calendarId')
  on conflict (booking_id, user_id, calendar_id, event_id) do update set retired_at = null
  where r.retired_at is not null;
  return true;
end
$$;
revoke execute on function public.plan_booking_room(uuid, bigint, jsonb, double precision)
  from public, anon, authenticated;
grant execute on function public.plan_booking_room(uuid, bigint, jsonb, double precision) to service_role;

-- Hands the lease back after a failure, so that the redelivery need not wait for it to expire, and leaves what
-- happened so far in the ledger and, for a booking that waits, the reason on the row.
create function public.release_booking_lease(p_booking_id uuid, p_fencing bigint, p_reason text, p_effects jsonb)
returns void language plpgsql security definer set search_path = '' as $$
begin
  perform public.record_effects(p_effects);
  update private.booking_leases l set holder = null where l.booking_id = p_booking_id and l.fencing = p_fencing;
  if found then
    update public.bookings b set pipeline_reason = p_reason
    where b.id = p_booking_id and b.pipeline_status = 'pending';
  end if;
end
$$;
revoke execute on function public.release_booking_lease(uuid, bigint, text, jsonb) from public, anon, authenticated;
grant execute on function public.release_booking_lease(uuid, bigint, text, jsonb) to service_role;
