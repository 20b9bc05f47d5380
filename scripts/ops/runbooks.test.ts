import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { alerts } from "../../infra/topology/alerts.ts";
import { functions } from "../../infra/topology/functions.ts";
import { schedules } from "../../infra/topology/schedules.ts";
import { subscriptions } from "../../infra/topology/subscriptions.ts";

const root = path.resolve(import.meta.dirname, "../..");
const folder = path.join(root, "docs/runbooks");
const files = readdirSync(folder);
const pages = new Map(files.map((file) => [file.replace(/\.md$/, ""), readFileSync(path.join(folder, file), "utf8")]));
const operate = readFileSync(path.join(root, "docs/operate.md"), "utf8");
const everyPage = [...pages, ["docs/operate.md", operate] as const];
const SECTIONS = ["What it means", "How urgent", "Look at", "Mend", "Over when", "If nothing is done"];

const ops = (...args: string[]) =>
  promisify(execFile)(process.execPath, [path.join(root, "scripts/ops/main.ts"), ...args]).then(({ stdout }) => stdout);

/** Every `npm run ops -- …` of a text, without what follows as a comment. */
const commandsIn = (text: string): string[] =>
  [...text.matchAll(/npm run ops -- ([a-z][^\n`#]*)/g)].map(([, words]) => words!.trim().replace(/[.,;:]$/, ""));

describe("alerts and pages", () => {
  it("each alert has its page, and no page is of nobody", () => {
    expect(files.sort()).toEqual(alerts.map(({ name }) => `${name}.md`).sort());
  });

  it.each(alerts.map((alert) => alert))(
    "$name: the page says the same as the alert",
    ({ name, title, severity, command }) => {
      const page = pages.get(name)!;

      expect(page.split("\n")[0]).toBe(`# ${title}`);
      expect(page).toContain(`Alert \`${name}\`, ${severity}. First: \`${command}\``);
      expect([...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual(SECTIONS);
    },
  );

  it("the page for every day links each of them", () => {
    expect([...pages.keys()].filter((name) => !operate.includes(`(runbooks/${name}.md)`))).toEqual([]);
  });

  it("links lead to pages that are there", () => {
    for (const page of pages.values()) {
      for (const [, target] of page.matchAll(/\]\((?!https:)([^)]+)\)/g)) expect(files).toContain(target);
    }
  });
});

describe("commands on the pages", () => {
  const shown = [
    ...new Set([
      ...everyPage.flatMap(([, text]) => commandsIn(text)),
      ...alerts.map(({ command }) => command.replace("npm run ops -- ", "")),
    ]),
  ];
  let known: readonly string[];
  beforeAll(async () => {
    known = [...(await ops("--help")).matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name!);
  });

  it("are commands that there are", () => {
    const unknown = shown.map((command) => command.split(" ")[0]!).filter((name) => !known.includes(name));

    expect(shown.length).toBeGreaterThan(10);
    expect(unknown).toEqual([]);
  });

  it("have options that they take", async () => {
    const named = shown.filter((command) => known.includes(command.split(" ")[0]!));
    const names = [...new Set(named.map((command) => command.split(" ")[0]!))];
    const usages = new Map(await Promise.all(names.map(async (name) => [name, await ops(name, "--help")] as const)));
    const strange = named.flatMap((command) => {
      const [name = "", ...words] = command.split(" ");
      return words
        .filter((word) => word.startsWith("--") && word !== "--help" && !usages.get(name)?.includes(word))
        .map((word) => `${name} ${word}`);
    });

    expect(strange).toEqual([]);
  });

  it("of gcloud name functions, schedules and subscriptions that there are", () => {
    const names = {
      functions: [...functions.map(({ name }) => name), "FUNCTION"] as string[],
      schedules: schedules.map(({ name }) => name) as string[],
      subscriptions: subscriptions.map(({ name }) => name) as string[],
    };
    const found = (pattern: RegExp) =>
      everyPage.flatMap(([, text]) => [...text.matchAll(pattern)].map(([, name]) => name!));

    expect(found(/service_name="([^"]+)"/g).filter((name) => !names.functions.includes(name))).toEqual([]);
    expect(found(/scheduler jobs \w+ (\S+)/g).filter((name) => !names.schedules.includes(name))).toEqual([]);
    expect(found(/subscriptions update (\S+)/g).filter((name) => !names.subscriptions.includes(name))).toEqual([]);
  });
});

describe("statements on the pages", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  /** Indented, from a verb to a semicolon at the end of a line. */
  const statements = everyPage.flatMap(([name, text]) =>
    [...text.matchAll(/^ {4}((?:select|update) [^;]*;)$/gm)].map(([, statement]) => [name, statement!] as const),
  );

  it.each(statements)("%s: %s", async (_page, statement) => {
    await expect(database.sql(statement)).resolves.toEqual([]);
  });

  it("there are some", () => expect(statements.length).toBeGreaterThan(5));
});
