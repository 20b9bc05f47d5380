-- not breaking: what `npm run ops -- doctor` compares with Google and with this machine

-- Counts, and Google's words for the operator; nobody's name or address.
create function public.inspect_google_connections() returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  owner uuid;
  looked integer := 0;
  unreadable integer := 0;
  report jsonb;
begin
  -- The newest tokens speak for the key that is in use; opening one costs a key derivation.
  for owner in
    select t.user_id from public.user_tokens t
    join public.google_connections g on g.user_id = t.user_id and g.state = 'connected'
    order by t.updated_at desc limit 20
  loop
    looked := looked + 1;
    begin
      perform private.get_decrypted_google_refresh_token(owner);
    exception when sqlstate 'TKBAD' or sqlstate 'TKKEY' then
      unreadable := unreadable + 1;
    end;
  end loop;
  select jsonb_build_object(
    'connected', count(*),
    -- Whoever connected a moment ago is still being subscribed.
    'withoutSubscription', count(*) filter (where s.name is null and g.since < now() - interval '10 minutes'),
    'expiredSubscriptions', count(*) filter (where s.name is not null and s.expires_at <= now()),
    'problems', coalesce(jsonb_agg(distinct left(s.problem, 200)) filter (where s.problem is not null), '[]'))
  into report
  from public.google_connections g left join private.workspace_subscriptions s on s.user_id = g.user_id
  where g.state = 'connected';
  return report || jsonb_build_object(
    'tokensLookedAt', looked, 'unreadableTokens', unreadable,
    -- While an app's consent screen is in testing, its refresh tokens end after seven days and at no other time.
    'endedAfterSevenDays', (
      select count(*) from public.google_connections g join public.user_tokens t on t.user_id = g.user_id
      where t.token_expires_at <= t.token_created_at + interval '7 days 1 hour'
        or (g.state = 'needs_reconnect'
          and g.since between t.token_created_at + interval '7 days' and t.token_created_at + interval '8 days')),
    'olderThanEightDays', (
      select count(*) from public.google_connections g join public.user_tokens t on t.user_id = g.user_id
      where g.state = 'connected' and t.token_created_at < now() - interval '8 days'));
end
$$;
revoke execute on function public.inspect_google_connections() from public, anon, authenticated;
grant execute on function public.inspect_google_connections() to service_role;

-- Shows that both sides hold one key without showing it. A ping signs '<digits>.<nonce>': no answer is ever a ping's.
create function public.prove_relay_ping_key(p_nonce text) returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  ping_key text;
begin
  if p_nonce !~ '^[0-9a-f]{32}$' then
    raise exception using errcode = '22023', message = 'the nonce is 32 hexadecimal digits';
  end if;
  select d.decrypted_secret into ping_key from vault.decrypted_secrets d where d.name = 'relay_ping_key';
  return encode(extensions.hmac('doctor:' || p_nonce, ping_key, 'sha256'), 'hex');
end
$$;
revoke execute on function public.prove_relay_ping_key(text) from public, anon, authenticated;
grant execute on function public.prove_relay_ping_key(text) to service_role;

-- Minutes between each zone's time and UTC at each instant; null for a zone that is not known here. `used` are the zones
-- of consultants and of bookings to come. pg_timezone_names reads every file of the zone database: not asked.
create function public.inspect_time_zones(p_zones text[], p_instants timestamptz[]) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  used text[];
  zone text;
  minutes jsonb;
  names text[] := '{}';
  offsets jsonb[] := '{}';
begin
  select coalesce(array_agg(distinct u.time_zone), '{}') into used from (
    select b.time_zone from public.bookings b where b.ends_at >= now()
    union select c.time_zone from public.consultants c) u
  where u.time_zone is not null;
  for zone in select distinct z.name from unnest(p_zones || used) as z (name) loop
    begin
      select jsonb_agg((extract(epoch from (i.at at time zone zone) - (i.at at time zone 'UTC')) / 60)::numeric(8, 2)
        order by i.n) into minutes
      from unnest(p_instants) with ordinality as i (at, n);
    exception when invalid_parameter_value then
      minutes := 'null';
    end;
    names := names || zone;
    offsets := offsets || minutes;
  end loop;
  return jsonb_build_object('used', to_jsonb(used), 'offsets', coalesce((
    select jsonb_object_agg(o.name, o.minutes) from unnest(names, offsets) as o (name, minutes)), '{}'));
end
$$;
revoke execute on function public.inspect_time_zones(text[], timestamptz[]) from public, anon, authenticated;
grant execute on function public.inspect_time_zones(text[], timestamptz[]) to service_role;
