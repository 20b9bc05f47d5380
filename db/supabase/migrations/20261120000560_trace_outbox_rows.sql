-- not breaking: relay_outbox_batch is dropped and made anew in one transaction, with the same arguments and grants and
-- two more columns, which a relay of the release before does not read

-- Marks the last batch and claims the next in one call: publish comes before mark, never after it, so a
-- crash repeats a message and cannot lose one. Rows are claimed in id order with skip locked: two relays
-- share the work, and a row committed late under a small id is still taken. Rows of p_skipped_topics stay: a topic
-- that fails costs a run one publish call and holds no other topic up.
-- created_at and is_first let a booking's trace begin with its first row, and show how long each row waited.
drop function public.relay_outbox_batch(bigint[], jsonb, integer, double precision, text[]);
create function public.relay_outbox_batch(
  p_published bigint[], p_failed jsonb, p_limit integer, p_claim_seconds double precision, p_skipped_topics text[]
) returns table (id bigint, topic text, data jsonb, attributes jsonb, created_at timestamptz, is_first boolean)
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
    -- A scalar sub-select reads the booking's few rows from its index, whatever the planner knows of the table.
    returning o.id, o.topic, o.data, o.attributes, o.created_at,
      coalesce((
        select min(e.id) = o.id from private.outbox e where e.data ->> 'bookingId' = o.data ->> 'bookingId'
      ), false);
end
$$;
revoke execute on function public.relay_outbox_batch(bigint[], jsonb, integer, double precision, text[])
  from public, anon, authenticated;
grant execute on function public.relay_outbox_batch(bigint[], jsonb, integer, double precision, text[]) to service_role;

-- The ledger names the booking's trace whoever writes to it: the booking's id without hyphens.
create function private.stamp_effect_trace() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  new.trace_id := coalesce(
    replace(coalesce(
      new.booking_id, (select r.booking_id from public.recordings r where r.id = new.recording_id))::text, '-', ''),
    new.trace_id);
  return new;
end
$$;
revoke execute on function private.stamp_effect_trace() from public, anon, authenticated;
create trigger on_effect_insert_stamp_trace before insert on private.effects
  for each row execute function private.stamp_effect_trace();
