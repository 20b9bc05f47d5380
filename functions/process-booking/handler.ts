import { bookingEvent } from "#contracts/booking-event.ts";
import type { Delivery } from "#contracts/delivery.ts";
import type { BookingSnapshot } from "#domain/booking.ts";
import { ignored, type Outcome } from "#kernel/outcome.ts";
import { PermanentError, RetryableError } from "#kernel/verdicts.ts";
import type { BookingLease, BookingStore } from "#ports/booking-store.ts";
import { LeaseLostError } from "./event-holder.ts";
import type { Pass, PassResult } from "./pass.ts";

export interface ProcessBookingDeps {
  readonly store: BookingStore;
  readonly pass: Pass;
  readonly leaseSeconds: number;
}

/** A row that changes faster than this is left to the next delivery. */
const MAX_PASSES = 5;

/**
 * Makes the calendar agree with the booking row: lease, look, act, write back by compare-and-swap, and look again
 * when the row moved on meanwhile. The message says only which booking.
 */
export function makeHandler(deps: ProcessBookingDeps): (delivery: Delivery) => Promise<Outcome> {
  return async (delivery) => {
    const event = bookingEvent.safeParse(delivery.data);
    if (!event.success) throw new PermanentError("the message names no booking", { code: "bad_booking_event" });
    const { store, leaseSeconds } = deps;
    const start = await store.begin(event.data.bookingId, { holder: delivery.messageId, leaseSeconds });
    switch (start.kind) {
      case "busy":
        return ignored("another delivery works on this booking and will see its newest row");
      case "redelivered":
        // Its first run died or still runs; once the lease has run out this delivery takes over.
        throw new RetryableError("this delivery already holds the booking", { code: "lease_held" });
      case "leased":
        return await holding(deps, start.lease, (snapshot) => deps.pass({ snapshot, lease: start.lease, delivery }))(
          start.snapshot,
        );
    }
  };
}

/** Runs passes until the row is written, giving the lease back whatever happens. */
function holding(
  { store }: ProcessBookingDeps,
  lease: BookingLease,
  pass: (snapshot: BookingSnapshot) => Promise<PassResult>,
): (first: BookingSnapshot) => Promise<Outcome> {
  return async (first) => {
    try {
      let snapshot = first;
      for (let round = 0; round < MAX_PASSES; round += 1) {
        const { outcome, result } = await pass(snapshot);
        if (result === null) {
          await store.release(lease);
          return outcome;
        }
        const end = await store.finish(lease, snapshot.booking?.revision ?? null, result);
        if (end.kind === "written") return outcome;
        if (end.kind === "fenced") throw new LeaseLostError();
        snapshot = end.snapshot;
      }
      throw new RetryableError("the booking keeps changing", { code: "booking_busy" });
    } catch (error) {
      // Best effort: a lease that cannot be given back runs out by itself.
      if (!(error instanceof LeaseLostError)) await store.release(lease).catch(() => undefined);
      throw error;
    }
  };
}
