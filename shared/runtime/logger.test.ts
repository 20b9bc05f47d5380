import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "#kernel/secret.ts";
import { makeLogger, safeErrorText } from "#runtime/logger.ts";

function logged(write: (log: ReturnType<typeof makeLogger>) => void): string {
  const written: string[] = [];
  write(makeLogger("a-function", { write: (line) => void written.push(line) }));
  return written.join("");
}

describe("a log line", () => {
  it("is one line of JSON in Cloud Logging's terms", () => {
    const text = logged((log) => log.warn({ bookingId: "b", detail: "two\nlines" }, "parked"));
    expect(text.split("\n")).toHaveLength(2);
    expect(JSON.parse(text)).toEqual({
      ...{ severity: "WARNING", message: "parked", function: "a-function", bookingId: "b", detail: "two\nlines" },
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
  });

  it.each([
    ["info", "INFO"],
    ["error", "ERROR"],
  ] as const)("of level %s is of severity %s", (level, severity) => {
    expect(JSON.parse(logged((log) => log[level]({}, "x")))).toMatchObject({ severity });
  });
});

describe("somebody else's error text", () => {
  it.each([
    "ya29.a0AfB_canary-x",
    "1//0gcanary_x-y",
    "refresh_token=1%2F%2F0canary&grant_type=x",
    "GOCSPX-canary",
    "eyJhbGciOi.canary.sig",
    "sb_secret_canary",
    "Authorization: Bearer canary",
    '{"client_secret": "canary"}',
    "password=canary",
    "code=4/0AcanaryAcanaryAcanaryAcanary",
    "sent to canary@example.com",
  ])("is repeated without what looks like a secret: %s", (text) => {
    expect(safeErrorText(new Error(`failed: ${text} end`))).not.toContain("canary");
  });

  it("keeps what is none", () => {
    const text = "Google Calendar asks us to slow down (403, rateLimitExceeded).";
    expect(safeErrorText(new Error(text))).toBe(text);
  });

  it("is one short line of well-formed text, whatever it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 1_000 }), (text) => {
        const safe = safeErrorText(new Error(`${text}\ud83d\n\u0000${text}`));
        expect(safe.length).toBeLessThanOrEqual(300);
        expect(safe.isWellFormed()).toBe(true);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
        expect(safe).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }),
    );
  });
});

describe("a secret", () => {
  it("is shown by reveal and by nothing else", () => {
    const secret = new Secret("canary");
    const shown = [`${secret}`, JSON.stringify({ secret }), inspect({ secret }, { depth: 9, showHidden: true })];
    expect(shown.join()).not.toContain("canary");
    expect(secret.reveal()).toBe("canary");
  });
});
