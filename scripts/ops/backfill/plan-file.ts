import { createReadStream, createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { CommandError } from "../command.ts";
import { answered } from "../operator-database.ts";
import type { BackfillScope } from "./backfill-record.ts";

/** PostgREST gives at most 1,000 rows an answer (db/supabase/config.toml). */
const PAGE = 1_000;
const SHOWN_REFUSALS = 20;

/** A line of a plan's file as a person gives it back; a line without a decision decides nothing. */
const decidedLine = z.looseObject({
  bookingId: z.uuid().toLowerCase(),
  decision: z.enum(["adopt", "create", "skip"]).nullable().optional(),
});

interface Decision {
  readonly bookingId: string;
  readonly decision: "adopt" | "create" | "skip";
}

/** Writes the whole plan, one JSON object a line; page by page, so that its size does not matter. */
export async function writePlan(scope: BackfillScope, file: string): Promise<void> {
  try {
    await pipeline(Readable.from(planLines(scope)), createWriteStream(file, { mode: 0o600 }));
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${file} cannot be written: ${(error as Error).message}`, error);
  }
}

async function* planLines({ supabase, id, consultantId }: BackfillScope): AsyncGenerator<string> {
  for (let after: string | undefined, size = PAGE; size === PAGE; ) {
    const page = { p_backfill_id: id, p_limit: PAGE, ...(after !== undefined && { p_after: after }) };
    const rows = answered(await supabase.rpc("list_backfill_items", page)) ?? [];
    for (const row of rows.filter((one) => consultantId === null || one.consultant_id === consultantId)) {
      const { booking_id: bookingId, consultant_id: consultant, starts_at: startsAt, event_id: eventId } = row;
      const { action, reason, decision, standing, why } = row;
      yield `${JSON.stringify({ bookingId, consultantId: consultant, startsAt, action, reason, eventId, decision, standing, why })}\n`;
    }
    [after, size] = [rows.at(-1)?.booking_id, rows.length];
  }
}

export interface DecisionsTaken {
  readonly taken: number;
  readonly refused: number;
  /** The first few that were not taken, and why. */
  readonly refusals: readonly { readonly bookingId: string; readonly problem: string }[];
}

/** Takes the decisions of a file; nothing is taken from a file with a line that cannot be read. */
export async function takeDecisions({ supabase, id }: BackfillScope, file: string): Promise<DecisionsTaken> {
  for await (const _ of readDecisions(file)) {
    // Read through once before anything is decided.
  }
  let taken = 0;
  let refused = 0;
  const refusals: { bookingId: string; problem: string }[] = [];
  for await (const decisions of readDecisions(file)) {
    const batch = { p_backfill_id: id, p_decisions: decisions.map((one) => ({ ...one })) };
    const rows = answered(await supabase.rpc("decide_backfill", batch)) ?? [];
    taken += decisions.length - rows.length;
    refused += rows.length;
    for (const row of rows.slice(0, SHOWN_REFUSALS - refusals.length)) {
      refusals.push({ bookingId: row.booking_id, problem: row.problem });
    }
  }
  return { taken, refused, refusals };
}

async function* readDecisions(file: string): AsyncGenerator<Decision[]> {
  let batch: Decision[] = [];
  let number = 0;
  for await (const line of linesOf(file)) {
    number += 1;
    if (line.trim() === "") continue;
    const { bookingId, decision } = parseLine(line, `${file}, line ${number}`);
    if (decision != null) batch.push({ bookingId, decision });
    if (batch.length < PAGE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function* linesOf(file: string): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${file} cannot be read: ${(error as Error).message}`, error);
  }
}

function parseLine(line: string, where: string): z.output<typeof decidedLine> {
  const parsed = decidedLine.safeParse(jsonOf(line));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CommandError(
    `${where} is not a decision (${issue?.path.join(".") || "line"}: ${issue?.message}). A line looks like {"bookingId": "…", "decision": "adopt" | "create" | "skip"}; --out writes such a file.`,
  );
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
