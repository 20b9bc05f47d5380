import { bookingEvent } from "#contracts/booking-event.ts";
import type { Delivery } from "#contracts/delivery.ts";
import type { BookingLook } from "#domain/booking.ts";
import { ignored, type Outcome, parked } from "#kernel/outcome.ts";
import { PermanentError, RetryableError } from "#kernel/verdicts.ts";
import type { BookingLease, BookingStore } from "#ports/booking-store.ts";
import type { Effect } from "#ports/effect-log.ts";
import { LeaseLostError } from "./event-holder.ts";
import type { Pass, PassInput, PassResult } from "./pass-result.ts";

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
    delivery.about({ bookingId: event.data.bookingId });
    const start = await store.begin(event.data.bookingId, { holder: delivery.messageId, leaseSeconds });
    switch (start.kind) {
      case "busy":
        return ignored("another delivery works on this booking and will see its newest row");
      case "redelivered":
        // Its first run died or still runs; once the lease has run out this delivery takes over.
        throw new RetryableError("this delivery already holds the booking", { code: "lease_held" });
      case "leased":
        return await underLease(deps, start.lease, start.look);
    }
  };
}

/** Runs passes until the row is written, giving the lease back whatever happens. */
async function underLease(
  { store, pass }: ProcessBookingDeps,
  lease: BookingLease,
  first: BookingLook,
): Promise<Outcome> {
  let effects: Effect[] = [];
  const note: PassInput["note"] = (effect, key, outcome) => {
    effects.push({ bookingId: lease.bookingId, step: "process-booking", effect, key, outcome });
  };
  try {
    let look = first;
    for (let round = 0; round < MAX_PASSES; round += 1) {
      const { outcome, result, retry } =
        look.kind === "readable" ? await pass({ snapshot: look.snapshot, lease, note }) : unreadable(look.reason);
      const end = await store.finish(lease, { revision: revisionOf(look), result, effects });
      effects = [];
      if (end.kind === "written" && retry != null) throw retry;
      if (end.kind === "written") return outcome;
      if (end.kind === "fenced") throw new LeaseLostError();
      look = end.look;
    }
    throw new RetryableError("The booking keeps changing.", { code: "booking_busy" });
  } catch (error) {
    // Best effort: a lease that cannot be given back runs out by itself.
    await store.release(lease, { reason: reasonOf(error), effects }).catch(() => undefined);
    throw error;
  }
}

function unreadable(reason: string): PassResult {
  const result = { status: "failed", reason, room: null, retired: [], tokenVersion: null } as const;
  return { outcome: parked("booking_unreadable", reason), result };
}

const revisionOf = (look: BookingLook): number | null =>
  look.kind === "readable" ? (look.snapshot.booking?.revision ?? null) : look.revision;

/** What a waiting booking shows meanwhile; words that were not written for people stay in the log. */
function reasonOf(error: unknown): string | null {
  const known = error instanceof RetryableError || error instanceof PermanentError;
  return known ? `Not done yet, it will be tried again: ${error.message}` : null;
}
