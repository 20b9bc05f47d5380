import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffMs } from "#kernel/backoff.ts";
import { hexOfUuid, isUuid } from "#kernel/ids.ts";
import { shortened, storableText } from "#kernel/text.ts";
import { asError, NeedsReconnectError, PermanentError, RetryableError } from "#kernel/verdicts.ts";

describe("a back-off delay", () => {
  const bounds = { firstMs: 100, maxMs: 1_000 };

  it("doubles its ceiling with every attempt, up to the bound", () => {
    const ceilings = [1, 2, 3, 4, 5, 60].map((attempt) => backoffMs(attempt, bounds, () => 1));
    expect(ceilings).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  it("lies anywhere below its ceiling", () => {
    expect([backoffMs(1, bounds, () => 0), backoffMs(0, bounds, () => 0.5)]).toEqual([0, 50]);
  });
});

describe("text that is stored", () => {
  it("holds nothing that Postgres or strict JSON refuses, and everything else", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(storableText(`${text}\0`)).toBe(text.replaceAll("\0", ""));
      }),
    );
    expect(storableText("a\ud83d b\udc00")).toBe("a\ufffd b\ufffd");
  });
});

describe("shortened text", () => {
  it("is never longer than asked for, never cut through a character, and as it was when it fits", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 40 }), (text, max) => {
        const points = Array.from(text);
        const short = shortened(text, max);
        expect(short.isWellFormed()).toBe(text.isWellFormed());
        expect(short).toBe(points.length <= max ? text : `${points.slice(0, max - 1).join("")}…`);
      }),
    );
  });
});

describe("ids", () => {
  it("are uuids as Postgres prints them", () => {
    expect(isUuid("0a1b2c3d-0000-4000-8000-0123456789ab")).toBe(true);
    for (const other of ["0A1B2C3D-0000-4000-8000-0123456789AB", "", "x", "0a1b2c3d000040008000-0123456789ab\n"]) {
      expect(isUuid(other)).toBe(false);
    }
    expect(hexOfUuid("0a1b2c3d-0000-4000-8000-0123456789ab")).toBe("0a1b2c3d0000400080000123456789ab");
  });
});

describe("verdicts", () => {
  it("are told apart by class and keep their cause", () => {
    const cause = new Error("below");
    const lost = new NeedsReconnectError("connect", { code: "c", userId: "u", cause });
    expect([lost instanceof PermanentError, lost.cause, lost.userId]).toEqual([true, cause, "u"]);
    expect(new RetryableError("later", { code: "c" })).not.toBeInstanceOf(PermanentError);
  });

  it.each(["text", null, undefined, 7, {}])("make an error of %j, which somebody threw", (thrown) => {
    expect(asError(thrown)).toMatchObject({ message: `thrown value of type ${typeof thrown}`, cause: thrown });
  });
});
