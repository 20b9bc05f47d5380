-- not breaking: what process-booking reads and writes when it compares a calendar with a backfill's bookings

-- {kind: 'wanted', calendarId, from, until}: what to read | {kind: 'unwanted'} nobody wants it any more.
create function public.begin_calendar_read(p_backfill_id bigint, p_user_id uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
  select case when count(*) = 0 then '{"kind": "unwanted"}'::jsonb else jsonb_build_object('kind', 'wanted',
    'from', min(b.starts_at), 'until', max(b.ends_at), 'calendarId',
    coalesce((select t.google_calendar_id from public.user_tokens t where t.user_id = p_user_id), 'primary')) end
  from private.backfill_items i join public.bookings b on b.id = i.booking_id
  where i.backfill_id = p_backfill_id and i.user_id = p_user_id and i.state = 'planned' and i.action <> 'skip';
$$;
revoke execute on function public.begin_calendar_read(bigint, uuid) from public, anon, authenticated;
grant execute on function public.begin_calendar_read(bigint, uuid) to service_role;

create function public.list_backfill_slots(p_backfill_id bigint, p_user_id uuid, p_limit integer, p_after uuid default null)
returns table (booking_id uuid, starts_at timestamptz, ends_at timestamptz, customer_email text, former_event_id text)
language sql stable security definer set search_path = '' as $$
  select b.id, b.starts_at, b.ends_at, b.customer_email, b.google_calendar_event_id
  from private.backfill_items i join public.bookings b on b.id = i.booking_id
  where i.backfill_id = p_backfill_id and i.user_id = p_user_id and i.state = 'planned' and i.action <> 'skip'
    and (p_after is null or i.booking_id > p_after)
  order by i.booking_id limit p_limit;
$$;
revoke execute on function public.list_backfill_slots(bigint, uuid, integer, uuid) from public, anon, authenticated;
grant execute on function public.list_backfill_slots(bigint, uuid, integer, uuid) to service_role;

-- What a decision is about.
create function private.backfill_proposal(p_action text, p_reason text, p_event_id text) returns text
language sql immutable set search_path = '' as $$
  select concat_ws(' ', p_action, coalesce(p_reason, '-'), coalesce(p_event_id, '-'));
$$;
revoke execute on function private.backfill_proposal(text, text, text) from public, anon, authenticated;

-- p_proposals: [{bookingId, action: create | adopt | conflict, reason?, eventId?, etag?, calendarId}]. A decision
-- stays as long as it is about the same proposal.
create function public.save_backfill_proposals(p_backfill_id bigint, p_proposals jsonb) returns void
language sql security definer set search_path = '' as $$
  update private.backfill_items i
  set action = p.action, reason = p.reason, event_id = p."eventId", event_etag = p.etag, calendar_id = p."calendarId",
      decision = case when i.decided_on = private.backfill_proposal(p.action, p.reason, p."eventId") then i.decision end,
      updated_at = now()
  from jsonb_to_recordset(p_proposals)
    as p ("bookingId" uuid, action text, reason text, "eventId" text, etag text, "calendarId" text)
  where i.booking_id = p."bookingId" and i.backfill_id = p_backfill_id and i.state = 'planned' and i.action <> 'skip';
$$;
revoke execute on function public.save_backfill_proposals(bigint, jsonb) from public, anon, authenticated;
grant execute on function public.save_backfill_proposals(bigint, jsonb) to service_role;

-- p_problem null: it was read. p_final false: it is tried again, and meanwhile the plan says why it waits. A consultant
-- whose access has ended is skipped, as one who never connected.
create function public.finish_calendar_read(
  p_backfill_id bigint, p_user_id uuid, p_problem text, p_final boolean, p_connected boolean
) returns void language plpgsql security definer set search_path = '' as $$
begin
  update private.backfill_calendars r
  set read_at = case when p_final then now() end, problem = left(p_problem, 500)
  where r.backfill_id = p_backfill_id and r.user_id = p_user_id;
  if not p_connected then
    update private.backfill_items i set action = 'skip', reason = 'not_connected', updated_at = now()
    where i.backfill_id = p_backfill_id and i.user_id = p_user_id and i.state = 'planned';
  end if;
end
$$;
revoke execute on function public.finish_calendar_read(bigint, uuid, text, boolean, boolean)
  from public, anon, authenticated;
grant execute on function public.finish_calendar_read(bigint, uuid, text, boolean, boolean) to service_role;
