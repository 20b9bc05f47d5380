import { z } from "zod";
import { type Command, CommandError } from "./command.ts";
import { answered } from "./operator-database.ts";
import { duration } from "./progress.ts";
import { readUuid } from "./read-arguments.ts";

const transcriptionJob = z.object({
  chunk: z.number(),
  state: z.string(),
  model: z.string(),
  starts: z.number(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
  reason: z.string().nullable(),
});

const recording = z.object({
  id: z.string(),
  name: z.string(),
  state: z.string(),
  reason: z.string().nullable(),
  since: z.string(),
  startedAt: z.string().nullable(),
  durationMs: z.number().nullable(),
  sizeBytes: z.number().nullable(),
  transcriptionJobs: z.array(transcriptionJob),
});

const mail = z.object({
  kind: z.string(),
  state: z.string(),
  reason: z.string().nullable(),
  dueAt: z.string(),
  attempts: z.number(),
  settledAt: z.string().nullable(),
});

/** What `read_booking_chain` answers. */
const bookingChain = z.object({
  bookingId: z.string(),
  sentences: z.array(z.string()),
  recordings: z.array(recording),
  mails: z.array(mail),
});
type BookingChain = z.infer<typeof bookingChain>;

export const explain: Command = {
  name: "explain",
  summary: "one booking's story: what changed, what was done, where it stands and why",
  usage: `npm run ops -- explain BOOKING [--json]

Tells what became of a booking, in order: its changes, every effect in the world, where it stands now, its
recordings with their transcription jobs, and its mails. BOOKING is the id of the row; a deleted one is known too.
Times are the database's (UTC on Supabase). Names, addresses and spoken words are not shown.`,
  options: {},
  positionals: { min: 1, max: 1 },
  async run({ arguments: { positionals }, database }) {
    const id = readUuid(positionals[0] ?? "", "booking");
    const answer = answered(await database().rpc("read_booking_chain", { p_booking_id: id }));
    if (answer === null) throw new CommandError(unknownBooking(id));
    const chain = bookingChain.parse(answer);
    return { report: chain, lines: story(chain), ok: true };
  },
};

function unknownBooking(id: string): string {
  return `There is no booking ${id}, and none of this id was ever confirmed or deleted. Is SUPABASE_URL the right project?`;
}

function story(chain: BookingChain): string[] {
  return [...chain.sentences, ...chain.recordings.flatMap(recordingSentences), ...chain.mails.map(mailSentence)];
}

function recordingSentences(one: BookingChain["recordings"][number]): string[] {
  const length = one.durationMs === null ? "" : `, ${duration(one.durationMs / 1000)} of audio`;
  const head = `Recording ${one.name} (${one.id})${length}: ${one.state}${because(one.reason)} since ${shown(one.since)}.`;
  return [head, ...one.transcriptionJobs.map(jobSentence)];
}

function jobSentence(job: z.infer<typeof transcriptionJob>): string {
  const asked = job.starts === 0 ? "Speech was not asked yet" : `Speech was asked ${times(job.starts)}`;
  const ended = job.finishedAt === null ? "" : ` since ${shown(job.finishedAt)}`;
  return `  Transcription of part ${job.chunk} (${job.model}): ${job.state}${because(job.reason)}${ended}; ${asked}.`;
}

function mailSentence({ kind, state, reason, dueAt, attempts, settledAt }: z.infer<typeof mail>): string {
  const when = settledAt === null ? `due since or at ${shown(dueAt)}` : `at ${shown(settledAt)}`;
  return `Mail "${kind}": ${state}${because(reason)}, ${when}, ${times(attempts)} tried.`;
}

const because = (reason: string | null): string => (reason === null ? "" : `, because: ${reason.replace(/\.$/, "")}`);
const times = (count: number): string => (count === 1 ? "once" : `${count} times`);
/** `2026-11-20T09:00:00.123+00:00` -> `2026-11-20 09:00:00`, as the sentences before show it. */
const shown = (at: string): string => at.slice(0, 19).replace("T", " ");
