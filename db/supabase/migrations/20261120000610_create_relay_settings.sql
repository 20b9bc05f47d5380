-- not breaking: where the relay listens and the key of its pings are set and compared, never read, from outside
-- What private.ping_relay() finds in Vault. Deployment and key rotation write it with the project's secret key, which
-- reads and changes everything in the project as it is; a login of a customer or a consultant reaches neither function.

-- `missing`, `different` or `same`; a value that is not asked about is null.
create function public.compare_relay_settings(p_url text default null, p_ping_key text default null) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_object_agg(w.field, case
    when w.value is null then null
    when d.decrypted_secret is null then 'missing'
    when d.decrypted_secret = w.value then 'same'
    else 'different' end)
  from (values ('url', 'relay_outbox_url', p_url), ('pingKey', 'relay_ping_key', p_ping_key)) as w (field, name, value)
  left join vault.decrypted_secrets d on d.name = w.name;
$$;
revoke execute on function public.compare_relay_settings(text, text) from public, anon, authenticated;
grant execute on function public.compare_relay_settings(text, text) to service_role;

-- Callers: service_role alone (`npm run deploy`, `npm run ops -- secrets rotate relay-ping-key`). Answers how the
-- values stood before. The values arrive as bind parameters and leave in no message.
create function public.set_relay_settings(p_url text default null, p_ping_key text default null) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  before jsonb;
  setting record;
  existing uuid;
begin
  if p_url is not null and p_url !~ '^(https://[^/\s]+|http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?)(/\S*)?$' then
    raise exception using errcode = '22023', message = 'the relay''s address must be https';
  end if;
  if p_ping_key is not null and p_ping_key !~ '^[0-9a-f]{64}$' then
    raise exception using errcode = '22023', message = 'the ping key must be 32 bytes in lower-case hex';
  end if;
  -- Two deployments at once: the second waits, and finds what the first wrote.
  perform pg_advisory_xact_lock(hashtextextended('set_relay_settings', 0));
  before := public.compare_relay_settings(p_url, p_ping_key);
  for setting in
    select * from (values
      ('url', 'relay_outbox_url', p_url, 'where relay-outbox listens'),
      ('pingKey', 'relay_ping_key', p_ping_key, 'signs the pings of relay-outbox')
    ) as w (field, name, value, description)
  loop
    continue when setting.value is null or before ->> setting.field = 'same';
    select s.id into existing from vault.secrets s where s.name = setting.name;
    if existing is null then
      perform vault.create_secret(setting.value, setting.name, setting.description);
    else
      perform vault.update_secret(existing, setting.value);
    end if;
  end loop;
  return before;
end
$$;
revoke execute on function public.set_relay_settings(text, text) from public, anon, authenticated;
grant execute on function public.set_relay_settings(text, text) to service_role;
