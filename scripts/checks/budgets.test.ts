import { describe, expect, it } from "vitest";
import { withoutAllowed } from "./breach.ts";
import { breachesOf } from "./budgets.ts";
import { parseSource } from "./source-files.ts";
import { overSpread } from "./spread.ts";
import { forbiddenUses } from "./time-and-environment.ts";

const budgetsIn = (file: string, text: string) => breachesOf(parseSource(file, text)).map(({ budget }) => budget);
const lines = (count: number) => "x;\n".repeat(count);

describe("budgets", () => {
  it.each([
    ["a file of 401 lines", lines(401), ["file-lines"]],
    ["a function of 61 lines", `function long() {\n${lines(59)}}\n`, ["function-lines"]],
    ["a fourth parameter", "const f = (a: 1, b: 1, c: 1, d: 1) => a;", ["parameters"]],
    ["any, even in a cast", "export const a = JSON.parse('1') as any;", ["any"]],
    ["a non-null assertion", "export const a = list[0]!;", ["non-null"]],
    ["eleven imports of ours", [..."abcdefghijk"].map((name) => `import "./${name}.ts";`).join(), ["own-imports"]],
  ])("refuse %s", (_what, text, expected) => {
    expect(budgetsIn("shared/domain/planted.ts", text)).toEqual(expected);
  });

  it.each([
    ["400 lines", lines(400)],
    ["a function of 60 lines", `function long() {\n${lines(58)}}\n`],
    ["a `this` parameter beside three others", "function f(this: Date, a: 1, b: 1, c: 1) { return a; }"],
    ["the words any and ! in text", "export const a = 'any' + '!'; // any!"],
  ])("allow %s", (_what, text) => {
    expect(budgetsIn("shared/domain/planted.ts", text)).toEqual([]);
  });

  it("let a test assert non-null and grow to 500 lines, and no more", () => {
    expect(budgetsIn("shared/domain/planted.test.ts", `list[0]!;\n${lines(499)}`)).toEqual([]);
    expect(budgetsIn("shared/domain/planted.test.ts", lines(501))).toEqual(["test-lines"]);
  });

  it("name the largest when the middle grows", () => {
    const sizes = [90, 120, 130].map((size) => ({ name: `of-${size}.ts`, lines: size }));

    const [finding] = overSpread("files", sizes, { p50: 100, p95: 250 });

    expect(finding?.problem).toContain("p50 of files is 120 lines");
    expect(finding?.problem).toContain("of-130.ts (130)");
  });
});

describe("the allow-list", () => {
  const breach = { budget: "parameters", file: "shared/a.ts", name: "f", problem: "4", remedy: "-" } as const;

  it("covers what it names and nothing else", () => {
    const allowance = { budget: "parameters", files: "shared/*.ts", name: "f", reason: "-" } as const;

    expect(withoutAllowed([breach], ["parameters"], [allowance])).toEqual([]);
    expect(withoutAllowed([{ ...breach, name: "g" }], ["parameters"], [allowance])).toHaveLength(2);
  });

  it("is wrong itself where nothing needs it", () => {
    const allowance = { budget: "any", files: "shared/a.ts", reason: "-" } as const;

    expect(withoutAllowed([], ["any"], [allowance])).toMatchObject([{ where: "scripts/checks/allow-list.ts" }]);
  });
});

describe("time and environment", () => {
  const usesIn = (file: string, text: string) => forbiddenUses(parseSource(file, text)).map(({ budget }) => budget);

  it.each([
    ["shared/domain/planted.ts", "Date.now();", ["clock"]],
    ["functions/planted/handler.ts", "new Date();", ["clock"]],
    ["functions/planted/handler.ts", 'import { setTimeout as wait } from "node:timers/promises";', ["clock"]],
    ["functions/planted/handler.ts", "process.env.SECRET;", ["environment"]],
    ["shared/testing/planted.ts", 'process.env["SECRET"];', ["environment"]],
  ])("in %s: %s is refused", (file, text, expected) => {
    expect(usesIn(file, text)).toEqual(expected);
  });

  it.each([
    ["functions/planted/index.ts", "process.env;"],
    ["scripts/local/main.ts", "process.env; Date.now();"],
    ["shared/runtime/system-clock.ts", "new Date();"],
    ["shared/domain/planted.ts", "new Date(0);"],
    ["shared/domain/planted.test.ts", "Date.now();"],
  ])("in %s: %s is free", (file, text) => {
    expect(usesIn(file, text)).toEqual([]);
  });
});
