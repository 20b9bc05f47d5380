-- Loaded by `supabase db reset` and by preview branches, which run on real infrastructure: no people, no secrets.
insert into public.services (id, name, duration_minutes, is_online, meeting_platform)
values ('5e000000-0000-4000-8000-000000000001', 'Consultation', 60, true, 'google_meet')
on conflict (id) do nothing;
