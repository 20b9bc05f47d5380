-- not breaking: `npm run ops -- cost`: what was used and is paid for, from the ledger

-- The effects of one booking, of one consultant's bookings, or of all, since p_since. Effects outlive their rows: what
-- was paid for a booking that is deleted by now is still counted, though no longer under its consultant.
-- p_names: only these effects, null for all. plpgsql, so that one booking is found by its index.
create function private.effects_in_scope(
  p_booking_id uuid, p_since timestamptz, p_consultant_id uuid, p_names text[] default null
) returns setof private.effects language plpgsql stable security definer set search_path = '' as $$
begin
  if p_booking_id is not null then
    return query select e.* from private.effects e
      where e.booking_id = p_booking_id and (p_names is null or e.effect = any (p_names));
  elsif p_consultant_id is not null then
    return query select e.* from private.effects e join public.bookings b on b.id = e.booking_id
      where b.consultant_id = p_consultant_id and (p_since is null or e.at >= p_since)
        and (p_names is null or e.effect = any (p_names));
  else
    return query select e.* from private.effects e
      where (p_since is null or e.at >= p_since) and (p_names is null or e.effect = any (p_names));
  end if;
end
$$;
revoke execute on function private.effects_in_scope(uuid, timestamptz, uuid, text[])
  from public, anon, authenticated, service_role;

-- Seconds of audio that Speech was paid for, by recording. Every job it is known to have taken counts, a repeated one
-- again; what it says it billed goes before the audio's length. unconfirmed: asks of which nobody knows the outcome.
-- A period pays for the jobs that were started in it, wherever their results were stored.
create function private.speech_usage(p_booking_id uuid, p_since timestamptz, p_consultant_id uuid)
returns table (recording_id uuid, seconds bigint, unconfirmed_seconds bigint)
language sql stable security definer set search_path = '' as $$
  with asked as (
    select e.recording_id,
      count(*) filter (where e.outcome in ('started', 'found running')) as taken,
      count(*) filter (where e.outcome like 'asked again%') as asked_again
    from private.effects_in_scope(p_booking_id, p_since, p_consultant_id, '{speech.start}') e
    where e.recording_id is not null
    group by e.recording_id
    union all
    -- The note of a start was lost, its transcript tells of it.
    select e.recording_id, 1, 0
    from private.effects_in_scope(p_booking_id, p_since, p_consultant_id, '{transcript.store}') e
    where e.recording_id is not null and not exists (
      select 1 from private.effects o where o.recording_id = e.recording_id
        and (o.effect = 'speech.start' or o.effect = 'transcript.store' and o.id < e.id))
  )
  select a.recording_id, ceil(k.audio_seconds * a.taken / k.chunks)::bigint,
    ceil(k.audio_seconds * greatest(a.asked_again - greatest(a.taken - k.chunks, 0), 0) / k.chunks)::bigint
  from asked a join (
    select e.recording_id,
      greatest(count(distinct e.detail ->> 'chunk') filter (where e.effect = 'speech.start'), 1) as chunks,
      coalesce(nullif((array_agg((e.detail ->> 'billedSeconds')::numeric order by e.id desc)
        filter (where e.effect = 'transcript.store'))[1], 0),
        max((e.detail ->> 'durationMs')::numeric) / 1000, 0) as audio_seconds
    from private.effects e where e.recording_id in (select w.recording_id from asked w)
      and e.effect in ('speech.start', 'transcript.store', 'recording.copy')
    group by e.recording_id
  ) k on k.recording_id = a.recording_id;
$$;
revoke execute on function private.speech_usage(uuid, timestamptz, uuid)
  from public, anon, authenticated, service_role;

-- Units of Natural Language by feature: what was billed is units times features, and the insights say which features a
-- text's language lacks. Where they are gone all three are taken.
create function private.language_usage(p_booking_id uuid, p_since timestamptz, p_consultant_id uuid)
returns table (entities bigint, entity_sentiment bigint, sentiment bigint)
language sql stable security definer set search_path = '' as $$
  with read as (
    select (e.detail ->> 'billedUnits')::bigint as billed,
      array(select w ->> 'what' from jsonb_array_elements(
        case when jsonb_typeof(b.ai_insights -> 'leftOut') = 'array' then b.ai_insights -> 'leftOut' else '[]' end) w)
        as left_out
    from private.effects_in_scope(p_booking_id, p_since, p_consultant_id, '{language.annotate}') e
    left join public.bookings b on b.id = e.booking_id
    where (e.detail ->> 'billedUnits')::bigint > 0
  ), featured as (
    select r.billed, (not 'entities' = any (r.left_out))::integer as entities,
      (not 'sentiment' = any (r.left_out))::integer as sentiment,
      (not ('entities' = any (r.left_out) or 'entity_sentiment' = any (r.left_out)))::integer as entity_sentiment
    from read r
  ), counted as (
    select f.*, nullif(f.entities + f.sentiment + f.entity_sentiment, 0) as features from featured f
  )
  -- Insights that lack everything are about a later text than the one that was billed.
  select coalesce(sum(case when c.features is null then c.billed / 3 else c.billed / c.features * c.entities end), 0)::bigint,
    coalesce(sum(case when c.features is null then c.billed / 3 else c.billed / c.features * c.entity_sentiment end), 0)::bigint,
    coalesce(sum(case when c.features is null then c.billed / 3 else c.billed / c.features * c.sentiment end), 0)::bigint
  from counted c;
$$;
revoke execute on function private.language_usage(uuid, timestamptz, uuid)
  from public, anon, authenticated, service_role;

-- {asOf, bookings: worked on, transcribed: recordings, audioSeconds, speechSeconds, unconfirmedSpeechSeconds, units:
-- {entities, entitySentiment, sentiment}, audioBytes, byteHours (as text: it may exceed what JSON numbers hold),
-- recordings, workspaceCalls, messages, retries, mails, status: {pipeline_status: count}}.
-- p_keep_hours: how long the bucket keeps an object, soft deletion included.
create function public.read_usage(
  p_keep_hours double precision,
  p_booking_id uuid default null, p_since timestamptz default null, p_consultant_id uuid default null
) returns jsonb language sql stable security definer set search_path = '' as $$
  with scope as materialized (
    select * from private.effects_in_scope(p_booking_id, p_since, p_consultant_id)
  ), copies as (
    select (e.detail ->> 'sizeBytes')::numeric as bytes, (e.detail ->> 'durationMs')::numeric as duration_ms,
      extract(epoch from least(now(), e.at + make_interval(secs => p_keep_hours * 3600)) - e.at) / 3600 as hours
    from scope e where e.effect = 'recording.copy'
  ), speech as materialized (
    select coalesce(sum(s.seconds), 0) as seconds, coalesce(sum(s.unconfirmed_seconds), 0) as unconfirmed
    from private.speech_usage(p_booking_id, p_since, p_consultant_id) s
  ), wanted as (
    select b.* from public.bookings b
    where (p_booking_id is null or b.id = p_booking_id) and (p_consultant_id is null or b.consultant_id = p_consultant_id)
  )
  select jsonb_build_object(
    'asOf', now(),
    'bookings', (select count(distinct e.booking_id) from scope e),
    'recordings', (select count(*) from copies),
    'transcripts', (select count(distinct e.recording_id) from scope e where e.effect = 'transcript.store'),
    'audioSeconds', (select coalesce(ceil(sum(c.duration_ms) / 1000), 0) from copies c),
    'audioBytes', (select coalesce(sum(c.bytes), 0) from copies c),
    'byteHours', (select coalesce(ceil(sum(c.bytes * c.hours)), 0)::bigint::text from copies c),
    'speechSeconds', (select s.seconds from speech s),
    'unconfirmedSpeechSeconds', (select s.unconfirmed from speech s),
    'units', (
      select jsonb_build_object('entities', l.entities, 'entitySentiment', l.entity_sentiment, 'sentiment', l.sentiment)
      from private.language_usage(p_booking_id, p_since, p_consultant_id) l),
    'workspaceCalls', (
      select count(*) from scope e where e.effect like 'calendar.%' or e.effect like 'meet.%'),
    'mails', (select count(*) from scope e where e.effect like 'mail.%' and e.outcome = 'sent'),
    'messages', (
      select count(*) from private.outbox o left join public.bookings b on b.id::text = o.data ->> 'bookingId'
      where o.published_at is not null and (p_booking_id is null or o.data ->> 'bookingId' = p_booking_id::text)
        and (p_since is null or o.published_at >= p_since)
        and (p_consultant_id is null or b.consultant_id = p_consultant_id)),
    'retries', (
      select count(*) from private.changes h left join public.bookings b on b.id = h.booking_id
      where h.change like '%.retry' and (p_booking_id is null or h.booking_id = p_booking_id)
        and (p_since is null or h.at >= p_since) and (p_consultant_id is null or b.consultant_id = p_consultant_id)),
    'status', (
      select coalesce(jsonb_object_agg(s.status, s.count), '{}') from (
        select w.pipeline_status as status, count(*) as count from wanted w
        where w.pipeline_status is not null and (p_since is null or w.starts_at >= p_since and w.starts_at <= now())
        group by w.pipeline_status) s));
$$;
revoke execute on function public.read_usage(double precision, uuid, timestamptz, uuid)
  from public, anon, authenticated;
grant execute on function public.read_usage(double precision, uuid, timestamptz, uuid) to service_role;
