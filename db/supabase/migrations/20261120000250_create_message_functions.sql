-- not breaking: taking a due mail, and noting what became of it

-- What a mail says is read here, at the moment of sending; nothing about notes, transcripts or insights is in it.
create function private.message_facts(p_message private.messages) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object(
    'key', p_message.key, 'attempt', p_message.attempts, 'kind', p_message.kind,
    'recipient', p_message.recipient, 'about', p_message.about,
    'booking', (
      select jsonb_build_object('status', b.status, 'title', b.title, 'startsAt', b.starts_at, 'endsAt', b.ends_at,
        'timeZone', b.time_zone, 'customerName', b.customer_name, 'customerEmail', btrim(b.customer_email),
        'meetingLink', b.meeting_link, 'isOver', b.ends_at <= clock_timestamp(),
        'serviceName', s.name, 'consultantName', c.name)
      from public.bookings b
      left join public.services s on s.id = b.service_id
      left join public.consultants c on c.id = b.consultant_id
      where b.id = p_message.booking_id),
    'connection', (
      select jsonb_build_object('state', g.state, 'tokenVersion', g.token_version, 'googleEmail', g.google_email,
        'consultantName', (select c.name from public.consultants c where c.user_id = g.user_id))
      from public.google_connections g where g.user_id = p_message.user_id));
$$;
revoke execute on function private.message_facts(private.messages) from public, anon, authenticated, service_role;

-- The mail that has been due the longest, for p_claim_seconds ours alone; null when nothing is due. One that was
-- taken p_max_attempts times without a result took its takers down with it: it ends failed, and does so visibly.
create function public.take_due_message(p_claim_seconds double precision, p_max_attempts integer) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  taken private.messages;
begin
  update private.messages m
  set state = 'failed', settled_at = now(),
      reason = coalesce(m.reason || ' ', '') || 'Given up after ' || m.attempts || ' attempts.'
  where m.state = 'planned' and m.attempts >= p_max_attempts and m.claimed_until < clock_timestamp();
  update private.messages m
  set attempts = m.attempts + 1, claimed_until = clock_timestamp() + make_interval(secs => p_claim_seconds)
  where m.key = (
    select w.key from private.messages w
    where w.state = 'planned' and w.due_at <= clock_timestamp() and w.attempts < p_max_attempts
      and (w.claimed_until is null or w.claimed_until < clock_timestamp())
    order by w.due_at limit 1 for update skip locked)
  returning * into taken;
  return case when taken.key is null then null else private.message_facts(taken) end;
end
$$;
revoke execute on function public.take_due_message(double precision, integer) from public, anon, authenticated;
grant execute on function public.take_due_message(double precision, integer) to service_role;

-- p_result: {state: 'sent' | 'skipped' | 'failed' | 'planned', reason?, retrySeconds?}. False: another attempt has
-- taken over. What became of a booking's mail is part of the booking's story.
create function public.settle_message(p_key text, p_attempt integer, p_result jsonb) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  settled private.messages;
begin
  update private.messages m
  set state = p_result ->> 'state', reason = left(p_result ->> 'reason', 500), claimed_until = null,
      due_at = case when p_result ->> 'state' = 'planned'
        then clock_timestamp() + make_interval(secs => (p_result ->> 'retrySeconds')::double precision) else m.due_at end,
      settled_at = case when p_result ->> 'state' <> 'planned' then now() end
  where m.key = p_key and m.attempts = p_attempt and m.state = 'planned'
  returning * into settled;
  if settled.key is null then return false; end if;
  if settled.booking_id is not null then
    insert into private.effects (booking_id, step, effect, key, outcome)
    values (settled.booking_id, 'send-reminders', 'mail.' || settled.kind, left(settled.key, 16),
      case when settled.state = 'planned' then 'deferred' else settled.state end
        || coalesce(' (' || settled.reason || ')', ''));
  end if;
  return true;
end
$$;
revoke execute on function public.settle_message(text, integer, jsonb) from public, anon, authenticated;
grant execute on function public.settle_message(text, integer, jsonb) to service_role;

-- Mails that a person should look at: given up, or due for longer than they should be.
create function public.troubled_messages(p_late_seconds double precision)
returns table (key text, kind text, booking_id uuid, user_id uuid, state text, reason text, due_at timestamptz, attempts integer)
language sql stable security definer set search_path = '' as $$
  select m.key, m.kind, m.booking_id, m.user_id, m.state, m.reason, m.due_at, m.attempts
  from private.messages m
  where m.state = 'failed'
     or m.state = 'planned' and m.created_at < now() - make_interval(secs => p_late_seconds) and m.due_at < now()
  order by m.due_at desc limit 500;
$$;
revoke execute on function public.troubled_messages(double precision) from public, anon, authenticated;
grant execute on function public.troubled_messages(double precision) to service_role;
