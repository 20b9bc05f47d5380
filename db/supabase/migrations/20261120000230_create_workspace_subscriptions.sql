-- not breaking: the one Google Workspace Events subscription of each consultant
create table private.workspace_subscriptions (
  user_id uuid primary key references auth.users (id) on delete cascade,
  -- subscriptions/S; null while there is none at Google
  name text,
  -- the Google user it watches; another account needs another subscription
  google_sub text not null,
  expires_at timestamptz,
  -- why there is none, or why it rests: Google's words for the operator
  problem text,
  -- when keep-watch looks at it again; moved ahead before Google is asked, so that two runs share the work
  check_at timestamptz not null default now(),
  failures integer not null default 0,
  updated_at timestamptz not null default now()
);
create index workspace_subscriptions_of_name on private.workspace_subscriptions (name);
create index workspace_subscriptions_due on private.workspace_subscriptions (check_at);
alter table private.workspace_subscriptions enable row level security;
revoke all on table private.workspace_subscriptions from public, anon, authenticated, service_role;

-- Notes what Google said; false when the consultant has left or changed the account meanwhile.
-- p_subscription: {name, expiresAt}
create function public.save_workspace_subscription(
  p_user_id uuid, p_google_sub text, p_subscription jsonb, p_check_seconds double precision
) returns boolean language plpgsql security definer set search_path = '' as $$
begin
  perform 1 from public.google_connections g
  where g.user_id = p_user_id and g.google_sub = p_google_sub and g.state = 'connected' for share;
  if not found then return false; end if;
  insert into private.workspace_subscriptions as s (user_id, name, google_sub, expires_at, check_at)
  values (p_user_id, p_subscription ->> 'name', p_google_sub, (p_subscription ->> 'expiresAt')::timestamptz,
    clock_timestamp() + make_interval(secs => p_check_seconds))
  on conflict (user_id) do update
  set name = excluded.name, google_sub = excluded.google_sub, expires_at = excluded.expires_at,
      check_at = excluded.check_at, problem = null, failures = 0, updated_at = now();
  return true;
end
$$;
revoke execute on function public.save_workspace_subscription(uuid, text, jsonb, double precision)
  from public, anon, authenticated;
grant execute on function public.save_workspace_subscription(uuid, text, jsonb, double precision) to service_role;

-- A failure is tried again after p_first_seconds, then twice that, up to 64 times that.
create function public.note_workspace_subscription_problem(
  p_user_id uuid, p_google_sub text, p_problem text, p_first_seconds double precision
) returns void language sql security definer set search_path = '' as $$
  insert into private.workspace_subscriptions as s (user_id, google_sub, problem, check_at, failures)
  values (p_user_id, p_google_sub, left(p_problem, 500), clock_timestamp() + make_interval(secs => p_first_seconds), 1)
  on conflict (user_id) do update
  set problem = excluded.problem, failures = s.failures + 1, updated_at = now(),
      check_at = clock_timestamp() + make_interval(secs => p_first_seconds * 2 ^ least(s.failures, 6));
$$;
revoke execute on function public.note_workspace_subscription_problem(uuid, text, text, double precision)
  from public, anon, authenticated;
grant execute on function public.note_workspace_subscription_problem(uuid, text, text, double precision) to service_role;

create function public.remove_workspace_subscription(p_user_id uuid) returns text
language sql security definer set search_path = '' as $$
  delete from private.workspace_subscriptions s where s.user_id = p_user_id returning s.name;
$$;
revoke execute on function public.remove_workspace_subscription(uuid) from public, anon, authenticated;
grant execute on function public.remove_workspace_subscription(uuid) to service_role;

-- Connected consultants whose subscription is missing, of another account, or due for a look; most urgent first.
create function public.claim_workspace_subscriptions(p_limit integer, p_claim_seconds double precision)
returns table (user_id uuid, google_sub text, name text)
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.workspace_subscriptions (user_id, google_sub)
  select g.user_id, g.google_sub from public.google_connections g where g.state = 'connected'
  on conflict on constraint workspace_subscriptions_pkey do update
  set google_sub = excluded.google_sub, name = null, expires_at = null, check_at = now(), failures = 0
  where workspace_subscriptions.google_sub <> excluded.google_sub;
  return query
    update private.workspace_subscriptions s
    set check_at = clock_timestamp() + make_interval(secs => p_claim_seconds)
    where s.user_id = any (array(
      select w.user_id from private.workspace_subscriptions w
      join public.google_connections g on g.user_id = w.user_id and g.state = 'connected'
      where w.check_at <= clock_timestamp()
      order by w.expires_at nulls first, w.check_at limit p_limit for update of w skip locked))
    returning s.user_id, s.google_sub, s.name;
end
$$;
revoke execute on function public.claim_workspace_subscriptions(integer, double precision) from public, anon, authenticated;
grant execute on function public.claim_workspace_subscriptions(integer, double precision) to service_role;

-- Google said that a subscription ends, rests or is gone: keep-watch looks at it in its next run.
create function public.recheck_workspace_subscription(p_name text) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  update private.workspace_subscriptions s set check_at = clock_timestamp()
  where s.name = substring(p_name from 'subscriptions/[^/]+$');
  return found;
end
$$;
revoke execute on function public.recheck_workspace_subscription(text) from public, anon, authenticated;
grant execute on function public.recheck_workspace_subscription(text) to service_role;

-- Takes `subscriptions/S` and `//workspaceevents.googleapis.com/subscriptions/S`, as the ce-source of an event has it.
create function public.user_of_workspace_subscription(p_name text) returns uuid
language sql stable security definer set search_path = '' as $$
  select s.user_id from private.workspace_subscriptions s
  where s.name = substring(p_name from 'subscriptions/[^/]+$') order by s.updated_at limit 1;
$$;
revoke execute on function public.user_of_workspace_subscription(text) from public, anon, authenticated;
grant execute on function public.user_of_workspace_subscription(text) to service_role;
