import type { Supabase } from "#supabase/client.ts";
import {
  type Command,
  type CommandArguments,
  CommandError,
  type CommandInput,
  type CommandResult,
} from "../command.ts";
import { assertConsultant } from "../known-consultant.ts";
import { answered } from "../operator-database.ts";
import { isApplied, readCount, readUuid } from "../read-arguments.ts";
import { applyBackfill, type Pace } from "./apply-plan.ts";
import { type BackfillScope, latestBackfill, ofConsultant } from "./backfill-record.ts";
import { describePlan, makePlan } from "./make-plan.ts";
import { type DecisionsTaken, takeDecisions, writePlan } from "./plan-file.ts";
import { describeUndo, undoBackfill } from "./undo-backfill.ts";

const DEFAULT_RATE = 10;
const MAX_RATE = 1_000;
const DEFAULT_PER_CONSULTANT = 60;
const MAX_PER_CONSULTANT = 60_000;
const MAX_LIMIT = 1_000_000;

export const backfill: Command = {
  name: "backfill",
  summary: "takes up confirmed bookings from before the migrations; nobody gets a mail",
  usage: `npm run ops -- backfill [--consultant ID] [OPTIONS]            make the plan and show it
npm run ops -- backfill [--consultant ID] --yes [OPTIONS]      carry out the plan that was shown
npm run ops -- backfill --undo [BACKFILL] [--yes] [OPTIONS]    take it back

Confirmed bookings that are still ahead and that the pipeline has never seen get their event and Meet link; each
consultant's calendar is read once for the plan. What it says of a booking: create | adopt (an event that somebody typed
by hand: same consultant, same times, the customer a guest; only once confirmed) | conflict (a person has to look) | skip.
Nobody gets a mail.
  --consultant ID        only bookings of one consultant (consultants.id)
  --show                 the plan as it is kept, without making it anew
  --out FILE             write the whole plan, one JSON object a line
  --decisions FILE       such a file with "decision": "adopt" | "create" | "skip" added where you decide
  --confirm-adoptions    adopt every event that the plan proposes
  --yes                  do it; without it (or with --dry-run) it is only shown
  --undo                 of the latest backfill that took bookings up, or of the one named: events it made are removed,
                         adopted ones lose our mark, rows are as they were
  --include-changed      with --undo: bookings too that their platform has changed since
  --rate N               bookings a second (${DEFAULT_RATE})
  --per-consultant N     bookings a minute of one consultant (${DEFAULT_PER_CONSULTANT}; a user has 600 Calendar calls a minute)
  --limit N              take up at most so many; 1 is a good beginning
  --no-wait              end as soon as everything is queued
  --json                 one JSON object on stdout
Broken off, the same command goes on where it stopped. Doing it twice does it once.`,
  options: {
    ...{
      consultant: "value",
      yes: "flag",
      "dry-run": "flag",
      rate: "value",
      limit: "value",
      "per-consultant": "value",
    },
    ...{ show: "flag", out: "value", decisions: "value", "confirm-adoptions": "flag", "no-wait": "flag" },
    ...{ undo: "flag", "include-changed": "flag" },
  },
  positionals: { min: 0, max: 1 },
  async run(input) {
    const { arguments: args, database } = input;
    const pace = readPace(args);
    const applied = isApplied(args);
    const [named] = args.positionals;
    if (named !== undefined && !args.flags.has("undo")) {
      throw new CommandError(`"${named}" belongs to --undo: npm run ops -- backfill --undo ${named}`);
    }
    const supabase = database();
    const consultantId = await readConsultant(supabase, args);
    if (args.flags.has("undo")) return undo(input, { supabase, consultantId, pace, applied });
    const decided = args.flags.has("confirm-adoptions") || args.values["decisions"] !== undefined;
    const isKept = applied || decided || args.flags.has("show");
    const scope = isKept
      ? await keptPlan(supabase, { consultantId, applied: false })
      : await makePlan(supabase, { consultantId, wait: pace.wait, input });
    const taken = decided ? await decide(scope, args) : null;
    if (args.values["out"] !== undefined) await writePlan(scope, args.values["out"]);
    const result = applied
      ? await applyBackfill(input, { scope, pace })
      : await describePlan(scope, isKept || !pace.wait ? "as it is" : "whole");
    return withDecisions(result, taken);
  },
};

function readPace(args: CommandArguments): Pace {
  return {
    rate: readCount(args, "rate", { fallback: DEFAULT_RATE, max: MAX_RATE }),
    perConsultant: readCount(args, "per-consultant", { fallback: DEFAULT_PER_CONSULTANT, max: MAX_PER_CONSULTANT }),
    limit: readCount(args, "limit", { fallback: MAX_LIMIT, max: MAX_LIMIT }),
    wait: !args.flags.has("no-wait"),
  };
}

async function readConsultant(supabase: Supabase, { values }: CommandArguments): Promise<string | null> {
  if (values["consultant"] === undefined) return null;
  const id = readUuid(values["consultant"], "consultant");
  await assertConsultant(supabase, id);
  return id;
}

/** What a person looked at is what is decided upon and carried out: it is not made anew here. */
async function keptPlan(
  supabase: Supabase,
  { consultantId, applied }: { readonly consultantId: string | null; readonly applied: boolean },
): Promise<BackfillScope> {
  const id = await latestBackfill(supabase, { applied, consultantId });
  if (id !== null) return { supabase, id, consultantId };
  throw new CommandError(
    applied
      ? "No backfill has taken anything up yet: there is nothing to undo."
      : "There is no plan yet. Make one and look at it first: npm run ops -- backfill",
  );
}

async function decide(scope: BackfillScope, { flags, values }: CommandArguments): Promise<DecisionsTaken> {
  const { supabase, id, consultantId } = scope;
  const none: DecisionsTaken = { taken: 0, refused: 0, refusals: [] };
  const decided = values["decisions"] === undefined ? none : await takeDecisions(scope, values["decisions"]);
  if (!flags.has("confirm-adoptions")) return decided;
  const all = { p_backfill_id: id, ...ofConsultant(consultantId) };
  const confirmed = answered(await supabase.rpc("confirm_backfill_adoptions", all)) ?? 0;
  return { ...decided, taken: decided.taken + confirmed };
}

const REFUSALS: Readonly<Record<string, string>> = {
  unknown: "is not in this plan",
  under_way: "was taken up already",
  no_match: "has no event to adopt",
  calendar_unread: "waits for its calendar to be read",
  not_possible: "is skipped for a reason that no decision mends",
};

function withDecisions(result: CommandResult, taken: DecisionsTaken | null): CommandResult {
  if (taken === null) return result;
  const refusals = taken.refusals.map(({ bookingId, problem }) => `  ${bookingId} ${REFUSALS[problem] ?? problem}`);
  const lines = [`${taken.taken} decided${taken.refused > 0 ? `, ${taken.refused} not taken:` : "."}`, ...refusals];
  return {
    report: { ...result.report, decisions: taken },
    lines: [...lines, ...result.lines],
    ok: result.ok && taken.refused === 0,
  };
}

interface Undo {
  readonly supabase: Supabase;
  readonly consultantId: string | null;
  readonly pace: Pace;
  readonly applied: boolean;
}

async function undo(input: CommandInput, { supabase, consultantId, pace, applied }: Undo): Promise<CommandResult> {
  const { flags, positionals } = input.arguments;
  const [named] = positionals;
  const scope =
    named === undefined
      ? await keptPlan(supabase, { consultantId, applied: true })
      : { supabase, id: readBackfillId(named), consultantId };
  const options = { scope, pace, changedToo: flags.has("include-changed") };
  return applied ? undoBackfill(input, options) : describeUndo(options);
}

function readBackfillId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new CommandError(`"${text}" is not the number of a backfill: npm run ops -- backfill shows it.`);
}
