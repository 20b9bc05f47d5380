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
      return start.kind === "leased"
        ? { kind: "leased", lease: { bookingId, fencing: start.fencing }, snapshot: start.snapshot }
        : start;
    },
    planRoom: async (lease, room) =>
      dataOf(
        await supabase.rpc("plan_booking_room", {
          p_booking_id: lease.bookingId,
          p_fencing: lease.fencing,
          p_room: toJson(room),
        }),
      ),
    finish: async (lease, revision, result) =>
      reconcileEnd.parse(
        dataOf(
          await supabase.rpc("finish_booking_reconcile", {
            p_booking_id: lease.bookingId,
            p_fencing: lease.fencing,
            // The generated type knows no nullable arguments; null says that the row was gone.
            p_revision: revision as number,
            p_result: toJson(result),
          }),
        ),
      ),
    release: async (lease) =>
      assertWritten(
        await supabase.rpc("release_booking_lease", { p_booking_id: lease.bookingId, p_fencing: lease.fencing }),
      ),
  };
}
