-- not breaking: `npm run ops -- backfill`: a plan is kept, so that what a person confirmed is what is applied

-- One plan: looked at, confirmed, applied in as many runs as it takes, undone.
create table private.backfills (
  id bigint generated always as identity primary key,
  -- null: of everybody
  consultant_id uuid,
  created_at timestamptz not null default now(),
  planned_at timestamptz not null default now(),
  -- when its first booking was taken up
  applied_at timestamptz,
  -- when an undo of it was first asked for
  undone_at timestamptz
);
alter table private.backfills enable row level security;
revoke all on table private.backfills from public, anon, authenticated, service_role;

-- The calendars a plan compares its bookings with: each is read once for all bookings of its consultant.
create table private.backfill_calendars (
  backfill_id bigint not null references private.backfills (id) on delete cascade,
  user_id uuid not null,
  requested_at timestamptz,
  -- null while it is being read
  read_at timestamptz,
  -- why it could not be read, or not yet
  problem text,
  primary key (backfill_id, user_id)
);
alter table private.backfill_calendars enable row level security;
revoke all on table private.backfill_calendars from public, anon, authenticated, service_role;

-- What the latest backfill makes of a booking: one row each, so that a booking is never in two of them.
create table private.backfill_items (
  booking_id uuid primary key,
  backfill_id bigint not null references private.backfills (id),
  user_id uuid,
  starts_at timestamptz not null,
  action text not null check (action in ('create', 'adopt', 'skip', 'conflict')),
  reason text,
  -- the event typed by hand that matches, or that stands in the way, as it was when the calendar was read
  event_id text,
  event_etag text,
  calendar_id text,
  -- what a person made of the proposal, and of which proposal: another one is not confirmed by it
  decision text check (decision in ('adopt', 'create', 'skip')),
  decided_on text,
  state text not null default 'planned'
    check (state in ('planned', 'queued', 'applied', 'failed', 'refused', 'dropped', 'undoing', 'undone')),
  note text,
  -- of the row when it was taken up, or when its undo was asked for: after a change of the row neither holds
  revision integer,
  -- the row's columns before it was taken up
  before jsonb,
  updated_at timestamptz not null default now()
);
create index backfill_items_of_backfill on private.backfill_items (backfill_id, state, user_id, starts_at);
alter table private.backfill_items enable row level security;
revoke all on table private.backfill_items from public, anon, authenticated, service_role;

-- Set when the event was typed by hand and adopted: its words stay the consultant's, and an undo leaves it there.
alter table private.booking_rooms add column adopted_at timestamptz;

-- Bookings that a backfill may take up, and what keeps others from it: confirmed meetings ahead that the pipeline has
-- never heard of. Called by the functions below, as the owner.
create view private.backfill_candidates with (security_invoker = true) as
  select b.id as booking_id, b.consultant_id, c.user_id, b.starts_at, b.ends_at, b.customer_email,
    b.google_calendar_event_id as former_event_id,
    case
      when c.id is null then 'no_consultant'
      when c.user_id is null then 'no_user'
      when b.ends_at <= b.starts_at or not isfinite(b.ends_at) then 'unusable_time'
      when b.meeting_platform <> 'google_meet' then 'other_platform'
      when g.state is distinct from 'connected' then 'not_connected' end as problem
  from public.bookings b
  left join public.consultants c on c.id = b.consultant_id
  left join public.google_connections g on g.user_id = c.user_id
  where b.pipeline_status is null and b.status = 'confirmed' and b.starts_at > now();
revoke all on table private.backfill_candidates from public, anon, authenticated, service_role;
