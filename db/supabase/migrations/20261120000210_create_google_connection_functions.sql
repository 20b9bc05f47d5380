-- not breaking: connect, mark and disconnect a consultant's Google account

-- Compare-and-set: of twenty workers that meet the same dead token one marks it, and a reconnect that came first wins.
create function public.mark_google_connection(p_user_id uuid, p_state text, p_reason text, p_token_version integer)
returns boolean language plpgsql security definer set search_path = '' as $$
begin
  update public.google_connections g set state = p_state, reason = p_reason, since = now()
  where g.user_id = p_user_id and g.token_version = p_token_version and g.state = 'connected' and p_state <> 'connected';
  return found;
end
$$;
revoke execute on function public.mark_google_connection(uuid, text, text, integer) from public, anon, authenticated;
grant execute on function public.mark_google_connection(uuid, text, text, integer) to service_role;

-- Google may hand out a new refresh token with an access token; the grant stays the same, so the version does too.
create function public.replace_google_refresh_token(p_user_id uuid, p_refresh_token text, p_token_version integer)
returns boolean language plpgsql security definer set search_path = '' as $$
begin
  perform 1 from public.google_connections g
  where g.user_id = p_user_id and g.token_version = p_token_version and g.state = 'connected' for update;
  if not found then return false; end if;
  update public.user_tokens t
  set encrypted_google_refresh_token = private.encrypt_google_refresh_token(p_user_id, p_refresh_token), updated_at = now()
  where t.user_id = p_user_id;
  return found;
end
$$;
revoke execute on function public.replace_google_refresh_token(uuid, text, integer) from public, anon, authenticated;
grant execute on function public.replace_google_refresh_token(uuid, text, integer) to service_role;

-- Another account means another calendar: what was made in the old one is out of reach and is left there, and every
-- meeting that has not ended is made anew in the new one. The revision makes a pass that is under way start over,
-- and announces the booking; the generation keeps the new event apart from the old one.
create function private.abandon_google_account(p_user_id uuid) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  moved integer;
begin
  update private.booking_rooms r set retired_at = now() where r.user_id = p_user_id and r.retired_at is null;
  update public.user_tokens t set google_calendar_id = null where t.user_id = p_user_id;
  update public.bookings b
  set revision = b.revision + 1, calendar_generation = b.calendar_generation + 1, google_calendar_event_id = null,
      google_calendar_link = null, meeting_link = null, meeting_id = null,
      pipeline_status = 'pending', pipeline_reason = null, pipeline_since = now()
  from public.consultants c
  where c.id = b.consultant_id and c.user_id = p_user_id and b.status = 'confirmed' and b.ends_at > now()
    and b.pipeline_status in ('pending', 'scheduled', 'needs_reconnect', 'failed');
  get diagnostics moved = row_count;
  return moved;
end
$$;
revoke execute on function private.abandon_google_account(uuid) from public, anon, authenticated, service_role;

-- p_account: {sub, email, scopes: [...]}. Token, connection and the bookings that waited for it, in one transaction.
-- {kind: 'connected', tokenVersion, accountChanged, resumed} | {kind: 'refresh_token_missing'}: Google gave none, and
-- there is no working one of the same account to keep.
create function public.connect_google(p_user_id uuid, p_account jsonb, p_refresh_token text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  former public.google_connections;
  changed boolean;
  version integer;
  moved integer := 0;
begin
  select * into former from public.google_connections g where g.user_id = p_user_id for update;
  changed := former.google_sub is distinct from p_account ->> 'sub' and former.google_sub is not null;
  if coalesce(p_refresh_token, '') = '' and (former.state is distinct from 'connected' or changed
    or not exists (select 1 from public.user_tokens t where t.user_id = p_user_id))
  then
    return '{"kind": "refresh_token_missing"}'::jsonb;
  end if;
  insert into public.google_connections as g (user_id, google_sub, google_email, granted_scopes, state)
  values (p_user_id, p_account ->> 'sub', p_account ->> 'email',
    array(select jsonb_array_elements_text(p_account -> 'scopes')), 'connected')
  on conflict (user_id) do update
  set google_sub = excluded.google_sub, google_email = excluded.google_email, reason = null,
      granted_scopes = excluded.granted_scopes, token_version = g.token_version + 1, state = 'connected',
      since = case when g.state = 'connected' then g.since else now() end;
  if coalesce(p_refresh_token, '') <> '' then
    perform private.store_google_refresh_token(p_user_id, p_refresh_token);
  end if;
  if changed then moved := private.abandon_google_account(p_user_id); end if;
  select g.token_version into version from public.google_connections g where g.user_id = p_user_id;
  return jsonb_build_object('kind', 'connected', 'tokenVersion', version, 'accountChanged', changed,
    'resumed', moved + public.requeue_parked_bookings(p_user_id));
end
$$;
revoke execute on function public.connect_google(uuid, jsonb, text) from public, anon, authenticated;
grant execute on function public.connect_google(uuid, jsonb, text) to service_role;

-- First of two steps: from here on nobody uses the token. It stays until Google has been asked to revoke it, so that
-- a crash in between leaves something for keep-watch to finish. Null: nothing was connected.
create function public.disconnect_google(p_user_id uuid) returns integer
language sql security definer set search_path = '' as $$
  update public.google_connections g
  set state = 'disconnected', reason = 'disconnected by the consultant',
      since = case when g.state = 'disconnected' then g.since else now() end
  where g.user_id = p_user_id returning g.token_version;
$$;
revoke execute on function public.disconnect_google(uuid) from public, anon, authenticated;
grant execute on function public.disconnect_google(uuid) to service_role;

-- Second step. Not for a consultant who has connected again meanwhile.
create function public.forget_google_token(p_user_id uuid, p_token_version integer) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  perform 1 from public.google_connections g
  where g.user_id = p_user_id and g.state = 'disconnected' and g.token_version = p_token_version for update;
  if not found then return false; end if;
  delete from public.user_tokens t where t.user_id = p_user_id;
  return found;
end
$$;
revoke execute on function public.forget_google_token(uuid, integer) from public, anon, authenticated;
grant execute on function public.forget_google_token(uuid, integer) to service_role;

-- Disconnects that were begun more than p_older_than_seconds ago and not finished.
create function public.unfinished_google_disconnects(p_older_than_seconds double precision)
returns table (user_id uuid, token_version integer)
language sql stable security definer set search_path = '' as $$
  select g.user_id, g.token_version from public.google_connections g
  join public.user_tokens t on t.user_id = g.user_id
  where g.state = 'disconnected' and g.since < now() - make_interval(secs => p_older_than_seconds)
  order by g.since limit 100;
$$;
revoke execute on function public.unfinished_google_disconnects(double precision) from public, anon, authenticated;
grant execute on function public.unfinished_google_disconnects(double precision) to service_role;
