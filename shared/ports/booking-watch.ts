/** Finds bookings that wait longer than they should. */
export interface BookingWatch {
  /** Announces them again, each at most `maxRequeues` times before its row says that a person must look; how many. */
  requeueOverdue(bounds: {
    readonly overdueSeconds: number;
    readonly limit: number;
    readonly maxRequeues: number;
  }): Promise<number>;
}
