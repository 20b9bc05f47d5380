import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTraceparent, isSampledTrace, parseTraceparent, rootSpanOf, traceOfBooking } from "./trace.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

describe("the trace of a booking", () => {
  it("is its uuid without hyphens, whatever the case it is written in", () => {
    expect(traceOfBooking("0AF76519-16cd-43dd-8448-eb211c80319c")).toBe(TRACE);
  });

  it("is none for the nil uuid, which is no trace id", () => {
    expect(traceOfBooking("00000000-0000-0000-0000-000000000000")).toBeNull();
  });

  it("begins with a span that is one, also where half of the uuid is zero", () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        const spanId = rootSpanOf(traceOfBooking(id) ?? TRACE);
        expect(parseTraceparent(`00-${TRACE}-${spanId}-01`)).not.toBeNull();
      }),
    );
    expect(rootSpanOf(`${"f".repeat(16)}${"0".repeat(16)}`)).toBe("0000000000000001");
  });

  it("is kept at a ratio of 1, never at 0, and once kept at every higher ratio", () => {
    for (let count = 0; count < 200; count += 1) {
      const traceId = traceOfBooking(randomUUID()) ?? TRACE;
      const kept = [0, 0.1, 0.5, 0.9, 1].map((ratio) => isSampledTrace(traceId, ratio));
      expect([kept[0], kept[4]]).toEqual([false, true]);
      expect(kept).toEqual([...kept].sort());
    }
  });
});

describe("a traceparent", () => {
  it("is read as it was written", () => {
    for (const isSampled of [true, false]) {
      const parent = { traceId: TRACE, spanId: SPAN, isSampled };
      expect(parseTraceparent(formatTraceparent(parent))).toEqual(parent);
    }
  });

  it("of a version to come is read as far as we know it", () => {
    expect(parseTraceparent(`01-${TRACE}-${SPAN}-03-more`)).toEqual({ traceId: TRACE, spanId: SPAN, isSampled: true });
  });

  it.each([
    undefined,
    "",
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE}${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-1`,
    ` 00-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01\n`,
  ])("is none: %s", (text) => {
    expect(parseTraceparent(text)).toBeNull();
  });
});
