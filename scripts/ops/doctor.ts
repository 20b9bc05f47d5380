import { checkEnvironment } from "./check-environment.ts";
import { checkInstallation, installation } from "./check-installation.ts";
import { type Command, CommandError, type CommandInput } from "./command.ts";
import type { Finding } from "./finding.ts";
import { releaseMigrations } from "./migration-files.ts";
import { answered } from "./operator-database.ts";
import { counted } from "./pipeline-status.ts";

const MARKS = { pass: "pass", fail: "FAIL", skip: "skip" } as const;

export const doctor: Command = {
  name: "doctor",
  summary: "checks the environment and the database, and says how to mend what is wrong",
  usage: `npm run ops -- doctor [--json]

Looks at the environment variables, the database and its key, the migrations, Vault (names only), the relay's address,
pg_net, the triggers, the rights on server-only tables, what the Data API exposes, and the clocks. Changes nothing.
Each check is pass, fail (with what to do) or skip (with why). Exit code 1 when one failed.`,
  options: {},
  positionals: { min: 0, max: 0 },
  async run(input) {
    const findings = [...checkEnvironment(input.environment), ...(await checkDatabase(input))];
    const failed = findings.filter(({ result }) => result === "fail").length;
    const lines = findings.flatMap(({ check, result, detail, mend }) => [
      `${MARKS[result]}  ${check}: ${detail}`,
      ...(mend === undefined ? [] : [`      ${mend}`]),
    ]);
    const summary = failed === 0 ? "Everything that was checked is in order." : `${counted(failed, "check")} failed.`;
    return { report: { ok: failed === 0, checks: findings }, lines: [...lines, "", summary], ok: failed === 0 };
  },
};

/** Without a database nothing else can be asked: one failed check that says why, and no guesses. */
async function checkDatabase({ database }: CommandInput): Promise<Finding[]> {
  const check = "database";
  try {
    const supabase = database();
    const askedAt = Date.now();
    const facts = installation.parse(answered(await supabase.rpc("inspect_installation")));
    const waitedMs = Date.now() - askedAt;
    // The schema is refused by name before any right is looked at; every other answer means that it is served.
    const hidden = await supabase.schema("private" as "public").rpc("inspect_installation");
    return [
      { check, result: "pass", detail: `reachable, the key is accepted (${waitedMs} ms)` },
      ...checkInstallation(facts, {
        migrations: await releaseMigrations(),
        isPrivateExposed: hidden.error?.code !== "PGRST106",
        nowMs: askedAt + waitedMs / 2,
      }),
    ];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [{ check, result: "fail", detail: "could not be asked", mend: error.message.replaceAll("\n", " ") }];
  }
}
