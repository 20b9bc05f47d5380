import { CommandError, type CommandInput, type CommandResult } from "../command.ts";
import { countPages, runPacedBatches } from "../paced-batches.ts";
import { counted } from "../pipeline-status.ts";
import { isApplied, readCount, readUuid } from "../read-arguments.ts";
import { describeRevival, judgeRecording, type RevivalVerdict, type StandingRecording } from "./judge-recording.ts";
import { type Revival, readStandingRecordings, reviveRecordings } from "./standing-recordings.ts";

const DEFAULT_RATE = 2;
const SHOWN = 20;

interface Judged {
  readonly recording: StandingRecording;
  readonly verdict: RevivalVerdict;
}

const judged = (recording: StandingRecording): Judged => ({ recording, verdict: judgeRecording(recording) });

/** One recording, named by its id; refused when it cannot be helped. */
export async function replayRecording(
  { arguments: args, database }: CommandInput,
  text: string,
): Promise<CommandResult> {
  const [applied, id] = [isApplied(args), readUuid(text, "recording")];
  const supabase = database();
  const [recording] = await readStandingRecordings(supabase, { ids: [id] });
  if (recording === undefined)
    throw new CommandError(`There is no recording ${id}. Is SUPABASE_URL the right project?`);
  const { verdict } = judged(recording);
  const revived = applied ? await reviveRecordings(supabase, revivalsOf([judged(recording)])) : 0;
  const lines = [lineOf(judged(recording)), applied ? `${counted(revived, "recording")} set going.` : hint(verdict)];
  return {
    report: { applied, revived, recordings: [reportOf(judged(recording))] },
    lines,
    ok: verdict.kind !== "refuse",
  };
}

const hint = (verdict: RevivalVerdict): string =>
  verdict.kind === "revive" ? "Nothing was changed; run it again with --yes to do it." : "Nothing is to be done.";

/** All recordings that stand still, in paced batches. */
export async function replayFailedRecordings(input: CommandInput): Promise<CommandResult> {
  const { arguments: args, database, progress, interrupted } = input;
  const [applied, rate] = [isApplied(args), readCount(args, "rate", { fallback: DEFAULT_RATE, max: 100 })];
  const supabase = database();
  const page = async (after: string | null, limit: number): Promise<StandingRecording[]> =>
    readStandingRecordings(supabase, { after, limit });
  const [shown, counts] = [[] as Judged[], { revive: 0, refuse: 0, leave: 0 }];
  const total = await countPages(page, (recordings) => {
    for (const one of recordings.map(judged)) {
      counts[one.verdict.kind] += 1;
      if (shown.length < SHOWN) shown.push(one);
    }
  });
  if (!applied) return planned({ total, counts, shown });
  progress.at(0, total);
  const done = await runPacedBatches({
    ...{ rate, interrupted, page, limit: Math.max(1, total) },
    apply: (recordings) => reviveRecordings(supabase, revivalsOf(recordings.map(judged))),
    onProgress: (seen) => progress.at(seen, Math.max(seen, total)),
  });
  const rest = done.complete ? [] : ["More are left; the same command goes on where this one stopped."];
  const lines = [`${counted(done.queued, "recording")} set going, ${done.seen - done.queued} left alone.`, ...rest];
  return { report: { applied, revived: done.queued, ...done }, lines, ok: !interrupted.aborted };
}

interface Plan {
  readonly total: number;
  readonly counts: Readonly<Record<RevivalVerdict["kind"], number>>;
  readonly shown: readonly Judged[];
}

function planned({ total, counts, shown }: Plan): CommandResult {
  const hidden = total - shown.length;
  const lines = [
    `${counted(counts.revive, "recording")} would be set going, ${counts.refuse} cannot be helped, ${counts.leave} left alone.`,
    ...shown.map((one) => `  ${lineOf(one)}`),
    ...(hidden > 0 ? [`  and ${hidden} more`] : []),
    ...(counts.revive > 0 ? ["Mend the cause, then run it again with --yes."] : []),
  ];
  return { report: { applied: false, ...counts, recordings: shown.map(reportOf) }, lines, ok: true };
}

function revivalsOf(all: readonly Judged[]): Revival[] {
  return all.flatMap(({ recording: { id }, verdict }) =>
    verdict.kind === "revive" ? [{ id, step: verdict.step }] : [],
  );
}

function lineOf({ recording, verdict }: Judged): string {
  const why = recording.reason ?? recording.trouble;
  return `${recording.id} ${describeRevival(verdict)}${why === null ? "" : ` [${why.replace(/\.$/, "")}]`}`;
}

function reportOf({ recording: { id, bookingId, state, reason }, verdict }: Judged): object {
  return { id, bookingId, state, reason, verdict };
}
