import { z } from "zod";
import { fail, pass, type Verdict } from "./finding.ts";

/** What `inspect_time_zones` answers: minutes from UTC at each instant asked for; null for a zone it does not know. */
export const timeZoneReport = z.object({
  offsets: z.record(z.string(), z.array(z.number()).nullable()),
  used: z.array(z.string()),
});
export type TimeZoneReport = z.infer<typeof timeZoneReport>;

const MONTHS_EACH_WAY = 24;
const LISTED = 5;

/** Zones that Node knows, by the names it gives them. */
export const nodeZones = (): string[] => [...Intl.supportedValuesOf("timeZone"), "UTC"];

/** The middle of each month, two years back and ahead: a rule that one side lacks shows in one of them. */
export function comparedInstants(now: Date): Date[] {
  const count = 2 * MONTHS_EACH_WAY + 1;
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  return Array.from({ length: count }, (_, n) => new Date(Date.UTC(year, month + n - MONTHS_EACH_WAY, 15, 12)));
}

/** Compares the zone data of Node and of the database; differences where nobody has a booking are only mentioned. */
export function judgeTimeZones({ offsets, used }: TimeZoneReport, instants: readonly Date[]): Verdict {
  const compared = Object.entries(offsets).map(([zone, theirs]) => ({
    zone,
    theirs,
    ours: nodeOffsets(zone, instants),
  }));
  const unknownZones = compared.filter(({ ours, theirs }) => ours === null || theirs === null);
  const different = compared.filter(
    ({ ours, theirs }) => ours !== null && theirs !== null && ours.some((minutes, n) => minutes !== theirs[n]),
  );
  const isUsed = ({ zone }: { zone: string }): boolean => used.includes(zone);
  const problems = [
    ...unknownZones
      .filter(isUsed)
      .map(({ zone, ours }) => `${ours === null ? "Node" : "the database"} does not know ${zone}`),
    ...different.filter(isUsed).map(({ zone }) => `they differ about ${zone}`),
  ];
  if (problems.length > 0) {
    const mend = `Node's zone data are ${process.versions["tz"]}: take the newest Node 24, here and in the functions; the database's come with its Postgres (Settings > Infrastructure > upgrade). A name that neither knows is to be corrected in the booking.`;
    return fail(problems.join("; "), mend);
  }
  const apart = different.map(({ zone }) => zone).slice(0, LISTED);
  const note = apart.length > 0 ? `; they differ about ${different.length} that nobody uses (${apart.join(", ")})` : "";
  const same = compared.length - unknownZones.length - different.length;
  return pass(
    `Node (${process.versions["tz"]}) and the database agree about ${same} zones, ${used.length} of them in use${note}`,
  );
}

function nodeOffsets(timeZone: string, instants: readonly Date[]): number[] | null {
  try {
    const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
    return instants.map((instant) => minutesOf(format.formatToParts(instant)));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** `GMT`, `GMT-08:00`, `GMT+05:53:28` */
function minutesOf(parts: readonly Intl.DateTimeFormatPart[]): number {
  const name = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours = "0", minutes = "0", seconds = "0"] = /^GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?$/.exec(name) ?? [];
  const total = Number(hours) * 60 + Number(minutes) + Math.round((Number(seconds) / 60) * 100) / 100;
  return sign === "-" && total !== 0 ? -total : total;
}
