import { setTimeout as delay } from "node:timers/promises";
import type { BookingPlatform, BookingRow } from "../local/booking-platform.ts";

const POLL_MS = 50;

/** States a booking does not leave without a person. */
const SETTLED = new Set(["failed", "needs_reconnect", "held", "cancelled"]);

export interface RowWait {
  readonly bookingId: string;
  /** What is awaited, in words, for the error. */
  readonly what: string;
  readonly until: (row: BookingRow) => boolean;
  readonly timeoutMs: number;
  /** Told about every look, for progress. */
  readonly onLook?: (row: BookingRow) => void;
}

/** The row once it fulfils a condition; throws when it settles in another state or the time is up. */
export async function awaitRow(platform: BookingPlatform, wait: RowWait): Promise<BookingRow> {
  const deadline = performance.now() + wait.timeoutMs;
  for (;;) {
    const row = await platform.booking(wait.bookingId);
    wait.onLook?.(row);
    if (wait.until(row)) return row;
    if (SETTLED.has(row.pipeline_status ?? "")) {
      throw new Error(
        `${wait.what} did not happen: the booking is ${row.pipeline_status}: ${row.pipeline_reason ?? ""}`,
      );
    }
    if (performance.now() > deadline) {
      const seconds = Math.round(wait.timeoutMs / 1000);
      throw new Error(
        `${wait.what} did not happen within ${seconds} s: the booking is ${row.pipeline_status ?? "new"}.`,
      );
    }
    await delay(POLL_MS);
  }
}
