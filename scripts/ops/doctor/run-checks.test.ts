import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { shell } from "./commands.ts";
import { type Check, fail, pass } from "./finding.ts";
import { report } from "./report.ts";
import { runChecks } from "./run-checks.ts";

const check = (name: string, run: Check["run"]): Check => ({ area: "google", name, run });
const quick = { atOnce: 4, deadlineMs: 30_000, onDone: () => undefined };

describe("running checks", () => {
  it("keeps their order, whatever the order they end in", async () => {
    const slow = Promise.withResolvers<void>();
    const checks = [
      check("first", async () => {
        await slow.promise;
        return pass("at last");
      }),
      check("second", () => {
        slow.resolve();
        return fail("at once", "mend it", "mend --now");
      }),
    ];
    expect(await runChecks(checks, quick)).toEqual([
      { area: "google", check: "first", result: "pass", detail: "at last" },
      { area: "google", check: "second", result: "fail", detail: "at once", mend: "mend it", command: "mend --now" },
    ]);
  });

  it.each([
    [
      new Error("Could not load the default credentials. Browse to …"),
      /no Google credentials/,
      /application-default login/,
    ],
    [Object.assign(new Error("x"), { status: 401 }), /does not accept the credentials/, /application-default login/],
    [refusal("SERVICE_DISABLED", "has not been used"), /its API is not enabled/, /Enable the API/],
    [
      refusal("IAM_PERMISSION_DENIED", "Permission 'a.b.c' denied"),
      /may not look \(Permission 'a\.b\.c'/,
      /roles\/viewer/,
    ],
    [new Error("socket hang up\n    at secret stack"), /^could not be asked: socket hang up$/, undefined],
    ["a text", /no reason given/, undefined],
    [null, /no reason given/, undefined],
  ])("makes %s unknown, with a reason and what to do", async (thrown, detail, mend) => {
    const [finding] = await runChecks([check("broken", () => Promise.reject(thrown))], quick);
    expect(finding).toMatchObject({ result: "unknown", detail: expect.stringMatching(detail) });
    if (mend !== undefined) expect(finding?.mend).toMatch(mend);
  });

  it("claims nothing of a check that does not end", async () => {
    const never = check("silent", () => new Promise(() => undefined));
    const [finding] = await runChecks([never], { ...quick, deadlineMs: 20 });
    expect(finding).toMatchObject({ result: "unknown", detail: "no answer within 0.02 s" });
  });

  it("has no more under way than it may, and tells of each that is done", async () => {
    let running = 0;
    let most = 0;
    const told: string[] = [];
    const checks = Array.from({ length: 20 }, (_, n) =>
      check(`${n}`, async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return pass("");
      }),
    );
    await runChecks(checks, { ...quick, atOnce: 3, onDone: (done, total) => told.push(`${done}/${total}`) });
    expect([most, told.length, told.at(-1)]).toEqual([3, 20, "20/20"]);
  });

  it("lets nothing but text through to the terminal", async () => {
    const hostile = "ok\u001b[2J\u001b]0;owned\u0007\r\n\u202egnp.exe\u200b\u2028 end";
    const checks = [
      check(hostile, () => fail(hostile, hostile, hostile)),
      check("long", () => pass("x".repeat(9_999))),
    ];
    const [first, long] = await runChecks(checks, quick);
    for (const text of [first?.check, first?.detail, first?.mend, first?.command]) {
      expect(text).toBe("ok [2J ]0;owned gnp.exe  end");
    }
    expect(long?.detail.length).toBeLessThan(1_300);
  });
});

describe("the report", () => {
  it("ends well when nothing failed, though something is unknown, and tells alike unknowns once", async () => {
    const denied = () => Promise.reject(Object.assign(new Error("x"), { status: 401 }));
    const checks = [check("sound", () => pass("yes")), ...["a", "b", "c", "d"].map((name) => check(name, denied))];
    const { ok, lines } = report(await runChecks(checks, quick));
    expect([ok, lines]).toEqual([
      true,
      [
        "pass  sound: yes",
        "????  4 checks of google: Google does not accept the credentials of this machine",
        "      Log in: gcloud auth application-default login",
        "",
        "Everything that could be checked is in order. 4 checks could not be made.",
      ],
    ]);
  });
});

describe("a printed command", () => {
  it.each(["plain", "two words", "it's", "$(touch /tmp/x)", "`id`", "a;b", "--flag=* * * * *", "", '"', "\\"])(
    "gives a shell %j as one word",
    (word) => {
      const printed = execFileSync("/bin/sh", ["-c", shell("printf", "[%s]", word)], { encoding: "utf8" });
      expect(printed).toBe(`[${word}]`);
    },
  );
});

function refusal(reason: string, message: string): Error {
  const error = { code: 403, message, details: [{ reason }] };
  return Object.assign(new Error(message), { status: 403, response: { data: { error } } });
}
