import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { CHANGES, EFFECTS, MAILS, MESSAGES } from "./phrases.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const sources = (pattern: string): string =>
  globSync(pattern, { cwd: root })
    .filter((file) => !/\.test\.ts$|\/testing\//.test(file))
    .map((file) => readFileSync(`${root}/${file}`, "utf8"))
    .join("\n");
const functions = sources("functions/**/*.ts");
const migrations = sources("db/supabase/migrations/*.sql");
const found = (text: string, pattern: RegExp): string[] => [
  ...new Set([...text.matchAll(pattern)].map(([, name]) => name!)),
];

/** What a statement inserts into a table: the texts of the rest of the statement. */
const inserted = (table: string): string =>
  [...migrations.matchAll(new RegExp(`insert into private\\.${table}\\b[^;]*;`, "g"))].map(([text]) => text).join("\n");

describe("everything that is written to the ledger has its words", () => {
  it("effects of the functions", () => {
    const effects = [...found(functions, /\beffect: "([^"]+)"/g), ...found(functions, /\bnote\(\s*"([^"]+)"/g)];
    expect(effects.length).toBeGreaterThan(8);
    const known = Object.keys(EFFECTS).map((key) => key.split(" ")[1]);
    expect(effects.filter((effect) => !known.includes(effect))).toEqual([]);
  });

  it("effects of the migrations", () => {
    const effects = found(inserted("effects"), /'([a-z-]+', '[a-z_.]+)'/g).map((pair) => pair.replace("', '", " "));
    // A mail's effect is named by its kind.
    const mails = Object.keys(MAILS).map((kind) => `send-reminders mail.${kind}`);
    const written = effects.filter((effect) => effect !== "send-reminders mail.");
    expect(written).toContain("ops backfill");
    expect([...written, ...mails].filter((effect) => EFFECTS[effect] === undefined)).toEqual([]);
  });

  it("changes", () => {
    const changes = found(migrations, /'((?:booking|connection|recording|analysis)\.[a-z_]+)'/g);
    const effects = Object.keys(EFFECTS).map((key) => key.split(" ")[1]);
    const written = changes.filter((name) => MESSAGES[name] === undefined && !effects.includes(name));
    expect(written).toContain("connection.lost");
    expect(written.filter((change) => CHANGES[change] === undefined)).toEqual([]);
    for (const state of ["failed", "ignored"]) expect(CHANGES[`recording.${state}`]).toBeDefined();
  });

  it("messages of the outbox, those of commands among them", () => {
    const kinds = found(migrations, /"kind": "([a-z]+\.[^"]+)"/g);
    expect(kinds).toContain("recording.found");
    const commands = ["booking.replay", "booking.resync"];
    expect([...kinds, ...commands].filter((kind) => MESSAGES[kind] === undefined)).toEqual([]);
  });

  it("mails", () => {
    const [, kinds = ""] = /kind text not null check \(kind in \(([^)]*)\)/.exec(migrations) ?? [];
    const mails = found(kinds, /'([^']+)'/g);
    expect(mails).toContain("confirmation");
    expect(mails.filter((kind) => MAILS[kind] === undefined)).toEqual([]);
  });
});
