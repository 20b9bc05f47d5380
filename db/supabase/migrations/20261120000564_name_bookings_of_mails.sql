-- not breaking: a due mail also names its booking, for the trace that it is sent in

-- What a mail says is read here, at the moment of sending; nothing about notes, transcripts or insights is in it.
create or replace function private.message_facts(p_message private.messages) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object(
    'key', p_message.key, 'attempt', p_message.attempts, 'kind', p_message.kind,
    'recipient', p_message.recipient, 'about', p_message.about,
    'booking', (
      select jsonb_build_object('id', b.id, 'status', b.status, 'title', b.title,
        'startsAt', b.starts_at, 'endsAt', b.ends_at,
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
