-- not breaking: adds what the pipeline writes back, each column only where it is missing
alter table public.bookings
  add column if not exists created_at timestamptz not null default now(),
  add column if not exists google_calendar_event_id text,
  add column if not exists google_calendar_link text,
  add column if not exists meeting_link text,
  add column if not exists meeting_platform text not null default 'google_meet',
  add column if not exists meeting_id text,
  add column if not exists meeting_settings jsonb not null default '{}'::jsonb,
  add column if not exists meeting_recording_url text,
  add column if not exists meeting_transcript text,
  add column if not exists ai_insights jsonb,
  -- raised by every change that the calendar must follow; write-backs compare it
  add column if not exists revision integer not null default 1,
  -- how many calendar events the booking has needed; part of the event's id
  add column if not exists calendar_generation integer not null default 0,
  -- null: the booking was never confirmed, the pipeline has nothing to do with it
  add column if not exists pipeline_status text,
  add column if not exists pipeline_reason text,
  add column if not exists pipeline_since timestamptz;

alter table public.bookings drop constraint if exists bookings_pipeline_status_known;
alter table public.bookings add constraint bookings_pipeline_status_known check (
  pipeline_status in (
    'pending', 'scheduled', 'needs_reconnect', 'fallback', 'held',
    'captured', 'transcribed', 'analyzed', 'cancelled', 'failed'
  )
);

alter table public.services
  add column if not exists meeting_platform text not null default 'google_meet',
  add column if not exists meeting_settings jsonb not null default '{}'::jsonb;

create index if not exists bookings_pipeline_status on public.bookings (pipeline_status, pipeline_since)
  where pipeline_status in ('pending', 'scheduled', 'captured', 'transcribed');
