-- not breaking: what is known of the consultants' calendars, and the push channels through which Google tells of changes
alter table private.booking_rooms
  -- the event's version after our own last write: a change that Google tells of under it is our own
  add column etag text,
  -- when the meeting was, the last time row and calendar agreed; null: not known
  add column agreed_starts_at timestamptz,
  add column agreed_ends_at timestamptz,
  -- the version that was read in the calendar while somebody of ours was at work on the booking
  add column seen_etag text,
  -- the last whole reading of the calendar in which the event was seen
  add column seen_in uuid;
create index booking_rooms_of_event on private.booking_rooms (user_id, event_id) where retired_at is null;

-- How far each consultant's calendar has been read.
create table private.calendar_readings (
  user_id uuid primary key references auth.users (id) on delete cascade,
  -- of another account or another calendar a whole reading is due
  google_sub text not null,
  calendar_id text not null,
  -- where the next reading goes on; null: the next one is a whole one
  sync_token text,
  -- the reading under way; fencing rises with every reader
  holder text,
  fencing bigint not null default 0,
  lease_expires_at timestamptz not null default now(),
  -- something changed while a reader was at work: it reads once more before it leaves
  again boolean not null default false,
  read_at timestamptz,
  -- why the last reading failed, in Google's words; null when it did not
  problem text,
  failures integer not null default 0,
  -- when the sweep reads it whether or not Google told of a change
  check_at timestamptz not null default now(),
  -- when keep-watch looks at its channel again, and why there is none
  channel_check_at timestamptz not null default now(),
  channel_failures integer not null default 0,
  channel_problem text
);
create index calendar_readings_due on private.calendar_readings (check_at);
create index calendar_readings_channel_due on private.calendar_readings (channel_check_at);
alter table private.calendar_readings enable row level security;
revoke all on table private.calendar_readings from public, anon, authenticated, service_role;

-- Channels cannot be listed at Google: this is the only register, written before Google is asked.
create table private.calendar_channels (
  id uuid primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  google_sub text not null,
  calendar_id text not null,
  -- the channel's own secret comes back with every notification; only its digest is kept
  token_sha256 bytea not null,
  -- Google's name of what is watched; null until it has answered
  resource_id text,
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  -- no longer wanted: its notifications count for nothing, and Google is told to stop it
  retired_at timestamptz
);
create index calendar_channels_of_user on private.calendar_channels (user_id);
alter table private.calendar_channels enable row level security;
revoke all on table private.calendar_channels from public, anon, authenticated, service_role;
