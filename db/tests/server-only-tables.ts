/**
 * Tables that no API role reads or writes: row level security on, no policy, no grant; functions of schema `public`,
 * granted to service_role alone, are the way in. A new table without a policy fails the tests until it is named here.
 */
export const serverOnlyTables: readonly string[] = [
  "private.analysis_work",
  "private.backfill_calendars",
  "private.backfill_items",
  "private.backfills",
  "private.booking_leases",
  "private.booking_rooms",
  "private.booking_tombstones",
  "private.calendar_channels",
  "private.calendar_readings",
  "private.capture_work",
  "private.changes",
  "private.effects",
  "private.messages",
  "private.oauth_states",
  "private.outbox",
  "private.recording_searches",
  "private.rejected_inputs",
  "private.relay_nonces",
  "private.transcription_jobs",
  "private.workspace_subscriptions",
  "public.user_tokens",
];
