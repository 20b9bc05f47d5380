-- not breaking: transcripts of recordings with their turns, and the work on a booking's analysis
create table public.transcripts (
  recording_id uuid primary key references public.recordings (id) on delete cascade,
  -- names and generations of the result objects it was built from
  sources text not null,
  -- the newest of their generations: an older result never replaces a newer one
  generation bigint not null,
  language_code text,
  words integer not null,
  -- named: Meet's entries were laid over the words; voices: diarization labels; none: nobody is known
  speakers text not null check (speakers in ('named', 'voices', 'none')),
  -- why there are no names, for a person; null when there are
  speakers_reason text,
  created_at timestamptz not null default now()
);
alter table public.transcripts enable row level security;
revoke all on table public.transcripts from public, anon, authenticated, service_role;
grant select on table public.transcripts to authenticated;
grant select, insert, update, delete on table public.transcripts to service_role;
create policy transcripts_read_own on public.transcripts for select to authenticated
  using (exists (
    select 1 from public.recordings r where r.id = recording_id and r.user_id = (select auth.uid())
  ));

create table public.transcript_segments (
  recording_id uuid not null references public.transcripts (recording_id) on delete cascade,
  position integer not null,
  -- null: not known who spoke
  speaker text,
  speaker_source text not null check (speaker_source in ('meet_entry', 'meet_session', 'diarization', 'none')),
  -- milliseconds from the start of the recording
  starts_ms integer not null,
  ends_ms integer not null,
  text text not null,
  -- mean of the words', 0 to 1; null when Speech gave none
  confidence real,
  primary key (recording_id, position)
);
alter table public.transcript_segments enable row level security;
revoke all on table public.transcript_segments from public, anon, authenticated, service_role;
grant select on table public.transcript_segments to authenticated;
grant select, insert, update, delete on table public.transcript_segments to service_role;
create policy transcript_segments_read_own on public.transcript_segments for select to authenticated
  using (exists (
    select 1 from public.recordings r where r.id = recording_id and r.user_id = (select auth.uid())
  ));

-- The lease is on the booking, not on the recording: the row carries all its recordings merged.
create table private.analysis_work (
  booking_id uuid primary key references public.bookings (id) on delete cascade,
  -- the delivery that holds it; null when free
  holder text,
  -- rises with every holder: a write under an older number is refused
  fencing bigint not null default 0,
  expires_at timestamptz not null default now(),
  -- recordings of messages that came meanwhile; the holder takes them up before it leaves
  waiting uuid[] not null default '{}',
  -- what the last try met with, as a sentence
  trouble text,
  -- how often keep-watch has asked again since the last success, and when
  requeues integer not null default 0,
  requeued_at timestamptz
);
alter table private.analysis_work enable row level security;
revoke all on table private.analysis_work from public, anon, authenticated, service_role;
