-- not breaking: what a backfill's plan says, and what a person decides about it

-- Where an item stands: what the pipeline shows on the row counts for one that is under way.
create view private.backfill_standings with (security_invoker = true) as
  select i.*, b.consultant_id, case
    when i.state = 'queued' then case
      when b.id is null or b.status <> 'confirmed' or b.pipeline_status in ('failed', 'held') then 'failed'
      when b.pipeline_status = 'needs_reconnect' then 'waiting'
      when b.pipeline_status = 'pending' then 'queued' else 'applied' end
    when i.state = 'undoing' then case
      when b.id is null or b.pipeline_status in ('failed', 'held') then 'undo_failed'
      when b.pipeline_status = 'needs_reconnect' then 'undo_waiting' else 'undoing' end
    else i.state end as standing,
    coalesce(i.note, case when i.state in ('queued', 'undoing') then b.pipeline_reason end) as why
  from private.backfill_items i left join public.bookings b on b.id = i.booking_id;
revoke all on table private.backfill_standings from public, anon, authenticated, service_role;

-- The latest plan that covers a consultant (null: any plan), or of those that were applied the latest; null: none.
create function public.latest_backfill(p_applied boolean, p_consultant_id uuid default null) returns bigint
language sql stable security definer set search_path = '' as $$
  select max(f.id) from private.backfills f
  where (not p_applied or f.applied_at is not null)
    and (p_consultant_id is null or f.consultant_id is null or f.consultant_id = p_consultant_id);
$$;
revoke execute on function public.latest_backfill(boolean, uuid) from public, anon, authenticated;
grant execute on function public.latest_backfill(boolean, uuid) to service_role;

-- Null: there is no such backfill.
create function public.read_backfill(p_backfill_id bigint, p_consultant_id uuid default null) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('id', f.id, 'consultantId', f.consultant_id, 'plannedAt', f.planned_at,
    'appliedAt', f.applied_at, 'undoneAt', f.undone_at, 'now', clock_timestamp(),
    'calendars', (
      select jsonb_build_object('asked', count(*), 'read', count(r.read_at)) from private.backfill_calendars r
      where r.backfill_id = f.id),
    'problems', coalesce((
      select jsonb_agg(jsonb_build_object('problem', p.problem, 'count', p.count)) from (
        select r.problem, count(*) as count from private.backfill_calendars r
        where r.backfill_id = f.id and r.problem is not null group by r.problem order by 2 desc limit 10) p), '[]'),
    'groups', coalesce((
      select jsonb_agg(to_jsonb(g)) from (
        select s.action, s.reason, s.decision, s.standing, count(*) as count from private.backfill_standings s
        where s.backfill_id = f.id and (p_consultant_id is null or s.consultant_id = p_consultant_id)
        group by s.action, s.reason, s.decision, s.standing order by 1, 2, 3, 4) g), '[]'))
  from private.backfills f where f.id = p_backfill_id;
$$;
revoke execute on function public.read_backfill(bigint, uuid) from public, anon, authenticated;
grant execute on function public.read_backfill(bigint, uuid) to service_role;

-- All items of a plan in order of id after p_after.
create function public.list_backfill_items(p_backfill_id bigint, p_limit integer, p_after uuid default null)
returns table (booking_id uuid, consultant_id uuid, starts_at timestamptz, action text, reason text, event_id text,
  decision text, standing text, why text)
language sql stable security definer set search_path = '' as $$
  select s.booking_id, s.consultant_id, s.starts_at, s.action, s.reason, s.event_id, s.decision, s.standing, s.why
  from private.backfill_standings s
  where s.backfill_id = p_backfill_id and (p_after is null or s.booking_id > p_after)
  order by s.booking_id limit p_limit;
$$;
revoke execute on function public.list_backfill_items(bigint, integer, uuid) from public, anon, authenticated;
grant execute on function public.list_backfill_items(bigint, integer, uuid) to service_role;

-- The soonest p_each planned items of each action and reason.
create function public.sample_backfill_items(
  p_backfill_id bigint, p_each integer, p_consultant_id uuid default null
) returns table (booking_id uuid, starts_at timestamptz, action text, reason text, event_id text)
language sql stable security definer set search_path = '' as $$
  select n.booking_id, n.starts_at, n.action, n.reason, n.event_id
  from (
    select s.*, row_number() over (partition by s.action, s.reason order by s.starts_at, s.booking_id) as place
    from private.backfill_standings s
    where s.backfill_id = p_backfill_id and s.standing = 'planned'
      and (p_consultant_id is null or s.consultant_id = p_consultant_id)) n
  where n.place <= p_each order by n.action, n.reason, n.place;
$$;
revoke execute on function public.sample_backfill_items(bigint, integer, uuid) from public, anon, authenticated;
grant execute on function public.sample_backfill_items(bigint, integer, uuid) to service_role;

-- A person confirms all proposed matches at once. Returns how many were not confirmed before.
create function public.confirm_backfill_adoptions(p_backfill_id bigint, p_consultant_id uuid default null)
returns integer language plpgsql security definer set search_path = '' as $$
declare
  confirmed integer;
begin
  update private.backfill_items i
  set decision = 'adopt', decided_on = private.backfill_proposal(i.action, i.reason, i.event_id), updated_at = now()
  from public.bookings b
  where i.backfill_id = p_backfill_id and i.state = 'planned' and i.action = 'adopt' and i.decision is null
    and b.id = i.booking_id and (p_consultant_id is null or b.consultant_id = p_consultant_id);
  get diagnostics confirmed = row_count;
  return confirmed;
end
$$;
revoke execute on function public.confirm_backfill_adoptions(bigint, uuid) from public, anon, authenticated;
grant execute on function public.confirm_backfill_adoptions(bigint, uuid) to service_role;

-- p_decisions: [{bookingId, decision: adopt | create | skip}]. Gives those that were not taken, and why: unknown (not
-- in this plan) | under_way | no_match (there is nothing to adopt) | calendar_unread | not_possible.
create function public.decide_backfill(p_backfill_id bigint, p_decisions jsonb)
returns table (booking_id uuid, problem text) language plpgsql security definer set search_path = '' as $$
begin
  return query
  with judged as (
    select d."bookingId" as id, d.decision as wish, case
      when i.booking_id is null or i.backfill_id <> p_backfill_id then 'unknown'
      when i.state <> 'planned' then 'under_way'
      when d.decision = 'skip' then null
      when i.action = 'skip' then 'not_possible'
      when i.reason = 'calendar_unread' then 'calendar_unread'
      when d.decision = 'adopt' and i.action <> 'adopt' then 'no_match' end as refusal
    from jsonb_to_recordset(p_decisions) as d ("bookingId" uuid, decision text)
    left join private.backfill_items i on i.booking_id = d."bookingId"
  ), taken as (
    update private.backfill_items i
    set decision = j.wish, decided_on = private.backfill_proposal(i.action, i.reason, i.event_id), updated_at = now()
    from judged j where j.id = i.booking_id and j.refusal is null
  )
  select j.id, j.refusal from judged j where j.refusal is not null;
end
$$;
revoke execute on function public.decide_backfill(bigint, jsonb) from public, anon, authenticated;
grant execute on function public.decide_backfill(bigint, jsonb) to service_role;
