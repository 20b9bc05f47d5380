/**
 * Tables that no API role reads or writes: row level security on, no policy, no grant; functions of schema `public`,
 * granted to service_role alone, are the way in. A new table without a policy fails the tests until it is named here.
 */
export const serverOnlyTables: readonly string[] = [
  "private.booking_leases",
  "private.booking_rooms",
  "private.booking_tombstones",
  "private.effects",
  "private.outbox",
  "private.rejected_inputs",
  "private.relay_nonces",
  "public.user_tokens",
];
