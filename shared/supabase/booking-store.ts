import { reconcileEnd, reconcileStart } from "#contracts/booking-snapshot.ts";
import type { BookingStore } from "#ports/booking-store.ts";
import { assertWritten, dataOf, type Supabase } from "#supabase/client.ts";
import { toJson } from "#supabase/json.ts";

export function makeBookingStore(supabase: Supabase): BookingStore {
  return {
    begin: async (bookingId, { holder, leaseSeconds }) => {
      const start = reconcileStart.parse(
        dataOf(
          await supabase.rpc("begin_booking_reconcile", {
            p_booking_id: bookingId,
            p_holder: holder,
            p_lease_seconds: leaseSeconds,
          }),
        ),
      );
      if (start.kind !== "leased") return start;
      const { fencing, snapshot: look } = start;
      return { kind: "leased", lease: { bookingId, fencing, leaseSeconds }, look };
    },
    renew: async (lease) =>
      dataOf(
        await supabase.rpc("renew_booking_lease", {
          p_booking_id: lease.bookingId,
          p_fencing: lease.fencing,
          p_lease_seconds: lease.leaseSeconds,
        }),
      ),
    planRoom: async (lease, room) =>
      dataOf(
        await supabase.rpc("plan_booking_room", {
          p_booking_id: lease.bookingId,
          p_fencing: lease.fencing,
          p_room: toJson(room),
          p_lease_seconds: lease.leaseSeconds,
        }),
      ),
    finish: async (lease, { revision, result, effects }) => {
      const end = reconcileEnd.parse(
        dataOf(
          await supabase.rpc("finish_booking_reconcile", {
            p_booking_id: lease.bookingId,
            p_fencing: lease.fencing,
            // The generated type knows no nullable arguments; null says that the row was gone.
            p_revision: revision as number,
            p_result: toJson(result),
            p_effects: toJson(effects),
          }),
        ),
      );
      return end.kind === "changed" ? { kind: "changed", look: end.snapshot } : end;
    },
    release: async (lease, { reason, effects }) =>
      assertWritten(
        await supabase.rpc("release_booking_lease", {
          p_booking_id: lease.bookingId,
          p_fencing: lease.fencing,
          // As above: null takes the reason off the row.
          p_reason: reason as string,
          p_effects: toJson(effects),
        }),
      ),
  };
}
