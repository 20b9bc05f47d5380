-- not breaking: every relevant change becomes an outbox row in its own transaction; the relay publishes it
create table private.outbox (
  id bigint generated always as identity primary key,
  topic text not null check (topic in ('booking-events', 'meeting-events', 'storage-events')),
  -- ids only, never data to act upon: handlers load the present state
  data jsonb not null,
  attributes jsonb not null default '{}'::jsonb,
  created_at timestamptz not null default now(),
  claimed_until timestamptz,
  attempts integer not null default 0,
  published_at timestamptz,
  last_error text,
  dead_at timestamptz
);
create index outbox_waiting on private.outbox (id) where published_at is null and dead_at is null;
create index outbox_of_booking on private.outbox ((data ->> 'bookingId'));
alter table private.outbox enable row level security;
revoke all on table private.outbox from public, anon, authenticated, service_role;

-- A booking that was deleted while the pipeline had to do with it; its events are in booking_rooms.
create table private.booking_tombstones (
  booking_id uuid primary key,
  deleted_at timestamptz not null default now(),
  done_at timestamptz
);
alter table private.booking_tombstones enable row level security;
revoke all on table private.booking_tombstones from public, anon, authenticated, service_role;

-- Every calendar event that was ever asked for, noted before Google is called: an event whose reply
-- was lost is still found, also when the booking has moved to another consultant meanwhile.
create table private.booking_rooms (
  booking_id uuid not null,
  event_id text not null,
  user_id uuid not null,
  calendar_id text not null,
  space_name text,
  meeting_code text,
  created_at timestamptz not null default now(),
  retired_at timestamptz,
  primary key (booking_id, user_id, calendar_id, event_id)
);
create index booking_rooms_of_space on private.booking_rooms (space_name);
alter table private.booking_rooms enable row level security;
revoke all on table private.booking_rooms from public, anon, authenticated, service_role;

create table private.booking_leases (
  booking_id uuid primary key,
  -- the delivery that holds it; null when free
  holder text,
  -- rises with every holder: a write under an older number is refused
  fencing bigint not null default 0,
  expires_at timestamptz not null default now(),
  -- how often keep-watch has asked again since the last success
  requeues integer not null default 0,
  requeued_at timestamptz
);
alter table private.booking_leases enable row level security;
revoke all on table private.booking_leases from public, anon, authenticated, service_role;

-- One row per outer side effect: the chain from a row change to what happened in the world.
create table private.effects (
  id bigint generated always as identity primary key,
  booking_id uuid,
  recording_id uuid,
  step text not null,
  effect text not null,
  key text not null,
  outcome text not null,
  detail jsonb not null default '{}'::jsonb,
  trace_id text,
  at timestamptz not null default clock_timestamp()
);
create index effects_of_booking on private.effects (booking_id, id);
create index effects_of_recording on private.effects (recording_id, id);
alter table private.effects enable row level security;
revoke all on table private.effects from public, anon, authenticated, service_role;

-- What was refused at an edge, without its content: reason, size and digest are enough to find the sender.
create table private.rejected_inputs (
  id bigint generated always as identity primary key,
  edge text not null,
  reason text not null,
  size_bytes integer not null,
  sha256 text not null,
  at timestamptz not null default now()
);
alter table private.rejected_inputs enable row level security;
revoke all on table private.rejected_inputs from public, anon, authenticated, service_role;
