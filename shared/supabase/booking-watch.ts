import type { BookingWatch } from "#ports/booking-watch.ts";
import { dataOf, type Supabase } from "#supabase/client.ts";

export function makeBookingWatch(supabase: Supabase): BookingWatch {
  return {
    requeueOverdue: async ({ overdueSeconds, limit, maxRequeues }) =>
      dataOf(
        await supabase.rpc("requeue_overdue_bookings", {
          p_overdue_seconds: overdueSeconds,
          p_limit: limit,
          p_max_requeues: maxRequeues,
        }),
      ),
  };
}
