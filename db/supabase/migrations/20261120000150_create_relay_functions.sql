-- not breaking: claim and mark for the relay, nonces of the ping, refused inputs
create table private.relay_nonces (
  nonce text primary key,
  seen_at timestamptz not null default now()
);
create index relay_nonces_age on private.relay_nonces (seen_at);
alter table private.relay_nonces enable row level security;
revoke all on table private.relay_nonces from public, anon, authenticated, service_role;

-- True the first time a nonce is shown within ten minutes, twice the window a ping's timestamp may have.
create function public.use_relay_nonce(p_nonce text) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  delete from private.relay_nonces where seen_at < now() - interval '10 minutes';
  insert into private.relay_nonces (nonce) values (p_nonce) on conflict (nonce) do nothing;
  return found;
end
$$;
revoke execute on function public.use_relay_nonce(text) from public, anon, authenticated;
grant execute on function public.use_relay_nonce(text) to service_role;

-- Marks the last batch and claims the next in one call: publish comes before mark, never after it, so a
-- crash repeats a message and cannot lose one. Rows are claimed in id order with skip locked: two relays
-- share the work, and a row committed late under a small id is still taken. Rows of p_skipped_topics stay: a topic
-- that fails costs a run one publish call and holds no other topic up.
create function public.relay_outbox_batch(
  p_published bigint[], p_failed jsonb, p_limit integer, p_claim_seconds double precision, p_skipped_topics text[]
) returns table (id bigint, topic text, data jsonb, attributes jsonb)
language plpgsql security definer set search_path = '' as $$
begin
  if cardinality(p_published) > 0 then
    update private.outbox o set published_at = clock_timestamp(), claimed_until = null, last_error = null
    where o.id = any (p_published);
  end if;
  if jsonb_array_length(p_failed) > 0 then
    -- A message that Pub/Sub will never take is set aside with its reason; the others flow on.
    update private.outbox o
    set last_error = f.reason,
        claimed_until = clock_timestamp() + make_interval(secs => least(p_claim_seconds * o.attempts, 3600)),
        dead_at = case when f.permanent then clock_timestamp() end
    from jsonb_to_recordset(p_failed) as f (id bigint, reason text, permanent boolean)
    -- Another relay may have published it after this one's claim ran out.
    where o.id = f.id and o.published_at is null;
  end if;
  if p_limit <= 0 then return; end if;
  return query
    update private.outbox o
    set claimed_until = clock_timestamp() + make_interval(secs => p_claim_seconds), attempts = o.attempts + 1
    where o.id = any (array(
      select w.id from private.outbox w
      where w.published_at is null and w.dead_at is null
        and (w.claimed_until is null or w.claimed_until < clock_timestamp())
        and w.topic <> all (p_skipped_topics)
      order by w.id limit p_limit for update skip locked
    ))
    returning o.id, o.topic, o.data, o.attributes;
end
$$;
revoke execute on function public.relay_outbox_batch(bigint[], jsonb, integer, double precision, text[])
  from public, anon, authenticated;
grant execute on function public.relay_outbox_batch(bigint[], jsonb, integer, double precision, text[]) to service_role;

create function public.record_rejected_input(p_edge text, p_reason text, p_size_bytes integer, p_sha256 text)
returns void language sql security definer set search_path = '' as $$
  insert into private.rejected_inputs (edge, reason, size_bytes, sha256)
  values (left(p_edge, 100), left(p_reason, 500), p_size_bytes, p_sha256);
$$;
revoke execute on function public.record_rejected_input(text, text, integer, text) from public, anon, authenticated;
grant execute on function public.record_rejected_input(text, text, integer, text) to service_role;

-- p_effects: [{bookingId?, recordingId?, step, effect, key, outcome, detail?, traceId?}]
create function public.record_effects(p_effects jsonb) returns void
language sql security definer set search_path = '' as $$
  insert into private.effects (booking_id, recording_id, step, effect, key, outcome, detail, trace_id)
  select e."bookingId", e."recordingId", e.step, e.effect, e.key, e.outcome, coalesce(e.detail, '{}'), e."traceId"
  from jsonb_to_recordset(p_effects) as e (
    "bookingId" uuid, "recordingId" uuid, step text, effect text, key text, outcome text, detail jsonb, "traceId" text
  );
$$;
revoke execute on function public.record_effects(jsonb) from public, anon, authenticated;
grant execute on function public.record_effects(jsonb) to service_role;
