-- not breaking: recordings of meetings, the work on them, and the paid transcription jobs
create table public.recordings (
  id uuid primary key default gen_random_uuid(),
  -- conferenceRecords/C/recordings/R: Meet's name for it, and what makes a second event a duplicate
  recording_name text not null unique,
  conference_record text not null,
  space_name text,
  booking_id uuid references public.bookings (id) on delete cascade,
  -- whose token reads it: the owner of the room, also after the booking has moved to somebody else
  user_id uuid not null references auth.users (id) on delete cascade,
  state text not null default 'found' check (
    state in ('found', 'copying', 'copied', 'transcribing', 'transcribed', 'failed', 'ignored')
  ),
  -- a sentence for the person who reads the row
  reason text,
  since timestamptz not null default now(),
  drive_file_id text,
  export_uri text,
  started_at timestamptz,
  ended_at timestamptz,
  -- the source as Drive stated it and as it was read
  source_size_bytes bigint,
  source_md5 text,
  source_revision text,
  -- the audio in our bucket; set once the object is whole
  object_name text,
  object_size_bytes bigint,
  object_crc32c text,
  object_generation text,
  packets bigint,
  duration_ms bigint,
  -- how much later than the recording its audio begins
  audio_starts_after_ms bigint,
  -- when the bucket's lifecycle rule removes the audio
  expires_at timestamptz,
  created_at timestamptz not null default now()
);
create index recordings_of_booking on public.recordings (booking_id, started_at);
create index recordings_of_user on public.recordings (user_id);
create index recordings_unsettled on public.recordings (since)
  where state in ('found', 'copying', 'copied', 'transcribing');
alter table public.recordings enable row level security;
revoke all on table public.recordings from public, anon, authenticated, service_role;
grant select on table public.recordings to authenticated;
grant select, insert, update, delete on table public.recordings to service_role;
create policy recordings_read_own on public.recordings for select to authenticated
  using ((select auth.uid()) = user_id);

create table private.capture_work (
  recording_id uuid primary key references public.recordings (id) on delete cascade,
  -- the delivery that holds it; null when free
  holder text,
  -- rises with every holder: a write under an older number is refused
  fencing bigint not null default 0,
  expires_at timestamptz not null default now(),
  -- the resumable upload of the audio, and the source it belongs to; the address is a secret
  session_uri text,
  session_source_md5 text,
  -- what the object must be, noted before its last byte is sent
  sealed jsonb,
  -- how often keep-watch has asked again, and when
  requeues integer not null default 0,
  requeued_at timestamptz,
  -- the version of the consultant's token that it waits to see changed; null when it waits for nobody
  parked_version integer
);
alter table private.capture_work enable row level security;
revoke all on table private.capture_work from public, anon, authenticated, service_role;

-- One row per recording and chunk, written before Speech is asked: at most one paid job.
create table private.transcription_jobs (
  recording_id uuid not null references public.recordings (id) on delete cascade,
  chunk integer not null,
  state text not null default 'planned' check (state in ('planned', 'starting', 'running', 'succeeded', 'failed')),
  model text not null,
  language_code text not null,
  audio_uri text not null,
  -- transcription/<recording>/<chunk>/
  output_prefix text not null,
  operation_name text,
  -- how often Speech was asked; more than once only after an unknown outcome was recorded
  starts integer not null default 0,
  started_at timestamptz,
  checked_at timestamptz,
  finished_at timestamptz,
  reason text,
  primary key (recording_id, chunk)
);
create index transcription_jobs_running on private.transcription_jobs (checked_at) where state = 'running';
alter table private.transcription_jobs enable row level security;
revoke all on table private.transcription_jobs from public, anon, authenticated, service_role;

-- When the conferences of an ended booking's room were last searched for lost recordings.
create table private.recording_searches (
  booking_id uuid primary key references public.bookings (id) on delete cascade,
  searches integer not null default 0,
  searched_at timestamptz not null default now()
);
alter table private.recording_searches enable row level security;
revoke all on table private.recording_searches from public, anon, authenticated, service_role;

create index outbox_of_recording on private.outbox ((data ->> 'recordingName')) where published_at is null;
