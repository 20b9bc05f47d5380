import { describe, expect, it } from "vitest";
import { analysisStart } from "./analysis-work.ts";
import { captureStart } from "./capture-answers.ts";
import { outboxRows } from "./outbox-row.ts";

const BOOKING = "6f1c3c2e-8a4b-4c1d-9e2f-0123456789ab";

describe("answers of a database one release older", () => {
  it("are read: an outbox row without its time still names its booking", () => {
    const row = { id: 1, topic: "booking-events", data: { bookingId: BOOKING.toUpperCase() }, attributes: {} };
    expect(outboxRows.parse([row])).toEqual([{ ...row, bookingId: BOOKING, createdAt: null, isFirst: false }]);
  });

  it("are read: work that says nothing of its subject", () => {
    expect(captureStart.parse({ kind: "busy" })).toEqual({ kind: "busy", subject: {} });
    expect(analysisStart.parse({ kind: "unknown" })).toEqual({ kind: "unknown", subject: {} });
  });
});

describe("an outbox row of today", () => {
  it("says when it was written and whether it was its booking's first", () => {
    const row = {
      id: 1,
      topic: "t",
      data: null,
      attributes: {},
      created_at: "2026-11-20T10:00:00.5+00:00",
      is_first: true,
    };
    expect(outboxRows.parse([row])).toMatchObject([
      { bookingId: null, createdAt: new Date("2026-11-20T10:00:00.5Z"), isFirst: true },
    ]);
  });
});
