-- not breaking: opening, renewing and closing push channels; who may say that a calendar changed

-- Connected consultants without a channel that lives beyond p_overlap_seconds, most urgent first; each is handed to one
-- caller for p_claim_seconds.
create function public.claim_unwatched_calendars(
  p_limit integer, p_overlap_seconds double precision, p_claim_seconds double precision
) returns table (user_id uuid, calendar_id text)
language plpgsql security definer set search_path = '' as $$
begin
  perform private.note_connected_calendars();
  return query
    update private.calendar_readings r
    set channel_check_at = clock_timestamp() + make_interval(secs => p_claim_seconds)
    where r.user_id = any (array(
      select w.user_id from private.calendar_readings w
      join public.google_connections g on g.user_id = w.user_id and g.state = 'connected'
      where w.channel_check_at <= clock_timestamp() and not exists (
        select 1 from private.calendar_channels c
        where c.user_id = w.user_id and c.google_sub = w.google_sub and c.calendar_id = w.calendar_id
          and c.retired_at is null and c.resource_id is not null
          and c.expires_at > clock_timestamp() + make_interval(secs => p_overlap_seconds))
      order by w.channel_check_at limit p_limit for update of w skip locked))
    returning r.user_id, r.calendar_id;
end
$$;
revoke execute on function public.claim_unwatched_calendars(integer, double precision, double precision)
  from public, anon, authenticated;
grant execute on function public.claim_unwatched_calendars(integer, double precision, double precision) to service_role;

-- Before Google is asked: its first notification may be here before its answer.
create function public.plan_calendar_channel(p_user_id uuid, p_channel_id uuid, p_token_sha256 text) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.calendar_channels (id, user_id, google_sub, calendar_id, token_sha256)
  select p_channel_id, r.user_id, r.google_sub, r.calendar_id, decode(p_token_sha256, 'hex')
  from private.calendar_readings r join public.google_connections g on g.user_id = r.user_id
  where r.user_id = p_user_id and g.state = 'connected' and g.google_sub = r.google_sub;
  return found;
end
$$;
revoke execute on function public.plan_calendar_channel(uuid, uuid, text) from public, anon, authenticated;
grant execute on function public.plan_calendar_channel(uuid, uuid, text) to service_role;

-- The channel lives: the ones before it are no longer wanted.
create function public.save_calendar_channel(p_channel_id uuid, p_resource_id text, p_expires_at timestamptz)
returns void language plpgsql security definer set search_path = '' as $$
declare
  channel private.calendar_channels;
begin
  update private.calendar_channels c set resource_id = p_resource_id, expires_at = p_expires_at
  where c.id = p_channel_id returning * into channel;
  update private.calendar_channels c set retired_at = now()
  where c.user_id = channel.user_id and c.id <> channel.id and c.retired_at is null
    -- one that is being opened beside this one stays until it lives or is pruned
    and c.resource_id is not null;
  update private.calendar_readings r set channel_problem = null, channel_failures = 0 where r.user_id = channel.user_id;
end
$$;
revoke execute on function public.save_calendar_channel(uuid, text, timestamptz) from public, anon, authenticated;
grant execute on function public.save_calendar_channel(uuid, text, timestamptz) to service_role;

create function public.note_calendar_channel_problem(
  p_user_id uuid, p_problem text, p_first_seconds double precision
) returns void language sql security definer set search_path = '' as $$
  update private.calendar_readings r
  set channel_problem = left(p_problem, 500), channel_failures = r.channel_failures + 1,
      channel_check_at = clock_timestamp() + make_interval(secs => p_first_seconds * 2 ^ least(r.channel_failures, 6))
  where r.user_id = p_user_id;
$$;
revoke execute on function public.note_calendar_channel_problem(uuid, text, double precision)
  from public, anon, authenticated;
grant execute on function public.note_calendar_channel_problem(uuid, text, double precision) to service_role;

-- Whose calendar a notification is about; null for a channel that is unknown, no longer wanted, or of another secret.
create function public.user_of_calendar_channel(p_channel_id uuid, p_token_sha256 text) returns uuid
language sql stable security definer set search_path = '' as $$
  select c.user_id from private.calendar_channels c
  where c.id = p_channel_id and c.token_sha256 = decode(p_token_sha256, 'hex') and c.retired_at is null;
$$;
revoke execute on function public.user_of_calendar_channel(uuid, text) from public, anon, authenticated;
grant execute on function public.user_of_calendar_channel(uuid, text) to service_role;

-- A consultant leaves: from here on no notification of theirs counts.
create function public.retire_calendar_channels(p_user_id uuid) returns void
language sql security definer set search_path = '' as $$
  update private.calendar_channels c set retired_at = now() where c.user_id = p_user_id and c.retired_at is null;
$$;
revoke execute on function public.retire_calendar_channels(uuid) from public, anon, authenticated;
grant execute on function public.retire_calendar_channels(uuid) to service_role;

-- Channels that Google still has and nobody wants; those it has forgotten by itself are forgotten here too.
create function public.list_retired_channels(p_limit integer, p_user_id uuid default null)
returns table (id uuid, user_id uuid, resource_id text)
language plpgsql security definer set search_path = '' as $$
begin
  delete from private.calendar_channels c
  where c.expires_at < clock_timestamp() or (c.resource_id is null and c.created_at < now() - interval '8 days');
  return query
    select c.id, c.user_id, c.resource_id from private.calendar_channels c
    where c.retired_at is not null and c.resource_id is not null and (p_user_id is null or c.user_id = p_user_id)
    order by c.retired_at limit p_limit;
end
$$;
revoke execute on function public.list_retired_channels(integer, uuid) from public, anon, authenticated;
grant execute on function public.list_retired_channels(integer, uuid) to service_role;

create function public.forget_calendar_channel(p_channel_id uuid) returns void
language sql security definer set search_path = '' as $$
  delete from private.calendar_channels c where c.id = p_channel_id and c.retired_at is not null;
$$;
revoke execute on function public.forget_calendar_channel(uuid) from public, anon, authenticated;
grant execute on function public.forget_calendar_channel(uuid) to service_role;

-- Calendars that were not read for some time: a notification may have been lost. Due ones first.
create function public.claim_unread_calendars(p_limit integer, p_claim_seconds double precision)
returns setof uuid language plpgsql security definer set search_path = '' as $$
begin
  perform private.note_connected_calendars();
  return query
    update private.calendar_readings r
    set check_at = clock_timestamp() + make_interval(secs => p_claim_seconds)
    where r.user_id = any (array(
      select w.user_id from private.calendar_readings w
      join public.google_connections g on g.user_id = w.user_id and g.state = 'connected'
      where w.check_at <= clock_timestamp() order by w.check_at limit p_limit for update of w skip locked))
    returning r.user_id;
end
$$;
revoke execute on function public.claim_unread_calendars(integer, double precision) from public, anon, authenticated;
grant execute on function public.claim_unread_calendars(integer, double precision) to service_role;
