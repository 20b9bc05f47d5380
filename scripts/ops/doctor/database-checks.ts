import type { Supabase } from "#supabase/client.ts";
import { CommandError } from "../command.ts";
import { answered } from "../operator-database.ts";
import { connectionReport, judgeConsentScreen, judgeSubscriptions, judgeTokens } from "./check-connections.ts";
import { type Installation, installation, installationChecks, type OperatorSide } from "./check-installation.ts";
import { comparedInstants, judgeTimeZones, nodeZones, timeZoneReport } from "./check-time-zones.ts";
import { type Check, fail, pass, unknown, type Verdict } from "./finding.ts";
import { releaseMigrations } from "./migration-files.ts";

interface Inspected {
  readonly facts: Installation;
  readonly side: OperatorSide;
  readonly waitedMs: number;
}

const databaseCheck = (name: string, run: Check["run"]): Check => ({ area: "database", name, run });

/** What the database shows of itself. When it cannot be asked, one check fails with why, and the others claim nothing. */
export function databaseChecks(database: () => Supabase): Check[] {
  let asked: Promise<Inspected> | undefined;
  const inspected = (): Promise<Inspected> => (asked ??= inspect(database));
  const once = <Report>(ask: () => Promise<Report>): (() => Promise<Report>) => {
    let report: Promise<Report> | undefined;
    return () => (report ??= ask());
  };
  const connections = once(async () =>
    connectionReport.parse(answered(await database().rpc("inspect_google_connections"))),
  );
  const afterDatabase = async (judge: () => Verdict | Promise<Verdict>): Promise<Verdict> => {
    const reachable = await inspected().then(
      () => true,
      () => false,
    );
    return reachable ? await judge() : unknown("the database could not be asked", 'See the check "database".');
  };
  return [
    databaseCheck("database", () => judgeDatabase(inspected)),
    ...Object.entries(installationChecks).map(([name, judge]) =>
      databaseCheck(name, () =>
        afterDatabase(async () => {
          const { facts, side } = await inspected();
          return judge(facts, side);
        }),
      ),
    ),
    databaseCheck("time zones", () => afterDatabase(() => compareTimeZones(database()))),
    ...Object.entries({
      "stored Google tokens": judgeTokens,
      "Workspace subscriptions": judgeSubscriptions,
      "OAuth consent screen": judgeConsentScreen,
    }).map(([name, judge]) => databaseCheck(name, () => afterDatabase(async () => judge(await connections())))),
  ];
}

async function inspect(database: () => Supabase): Promise<Inspected> {
  const supabase = database();
  const askedAt = Date.now();
  const facts = installation.parse(answered(await supabase.rpc("inspect_installation")));
  const waitedMs = Date.now() - askedAt;
  // The schema is refused by name before any right is looked at; every other answer means that it is served.
  const hidden = await supabase.schema("private" as "public").rpc("inspect_installation");
  const side = {
    migrations: await releaseMigrations(),
    isPrivateExposed: hidden.error?.code !== "PGRST106",
    nowMs: askedAt + waitedMs / 2,
  };
  return { facts, side, waitedMs };
}

async function judgeDatabase(inspected: () => Promise<Inspected>): Promise<Verdict> {
  try {
    const { waitedMs } = await inspected();
    return pass(`reachable, the key is accepted (${waitedMs} ms)`);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return fail("could not be asked", error.message);
  }
}

async function compareTimeZones(supabase: Supabase): Promise<Verdict> {
  const instants = comparedInstants(new Date());
  const asked = { p_zones: nodeZones(), p_instants: instants.map((instant) => instant.toISOString()) };
  return judgeTimeZones(timeZoneReport.parse(answered(await supabase.rpc("inspect_time_zones", asked))), instants);
}
