import type { Supabase } from "#supabase/client.ts";
import { type TopicName, topics } from "#topology/topics.ts";
import type { CommandInput, CommandResult } from "../command.ts";
import { answered } from "../operator-database.ts";
import { rest } from "../paced-batches.ts";
import { counted } from "../pipeline-status.ts";
import { queueBookings } from "../queue-bookings.ts";
import { isApplied, readCount } from "../read-arguments.ts";
import { deliveriesOf, replayAttributes, type Subject } from "./dead-letter.ts";
import { type DeadLetterSource, openDeadLetters } from "./dead-letter-source.ts";
import { type Deed, type JudgedLetter, judgeLetters } from "./judge-dead-letters.ts";
import { reviveRecordings } from "./standing-recordings.ts";

const DEFAULT_RATE = 20;
const MAX_BATCH = 100;
const DEFAULT_LIMIT = 1_000;
const SHOWN_PER_TOPIC = 20;

/** What was done with the letters, in counts; only the first of each topic are kept to be shown. */
interface Tally {
  readonly counts: { found: number; replayed: number; settled: number; kept: number };
  readonly shown: Map<TopicName, JudgedLetter[]>;
  readonly perTopic: Map<TopicName, number>;
}

/**
 * Reads the dead letter subscriptions to their end. Without --yes everything is only looked at and given back; with it
 * what each letter is about is announced again, and the letter is acknowledged after that was committed. Broken off
 * anywhere, what was not acknowledged is still there, and what was announced twice is done once by the handlers.
 */
export async function replayDeadLetters(input: CommandInput): Promise<CommandResult> {
  const { arguments: args, environment, database, progress, interrupted } = input;
  const applied = isApplied(args);
  const rate = readCount(args, "rate", { fallback: DEFAULT_RATE, max: 1_000 });
  const limit = readCount(args, "limit", { fallback: DEFAULT_LIMIT, max: 100_000 });
  const supabase = database();
  const source = openDeadLetters(environment);
  const tally: Tally = {
    counts: { found: 0, replayed: 0, settled: 0, kept: 0 },
    shown: new Map(),
    perTopic: new Map(),
  };
  try {
    while (!interrupted.aborted && tally.counts.found < limit) {
      const letters = await source.next(Math.min(MAX_BATCH, rate, limit - tally.counts.found));
      if (letters.length === 0) break;
      const judged = await judgeLetters(supabase, letters);
      if (applied) await perform({ supabase, source }, judged);
      note(tally, judged);
      progress.at(tally.counts.found, tally.counts.found);
      if (applied) await rest((letters.length / rate) * 1_000, interrupted);
    }
  } finally {
    await source.close();
  }
  return shown(tally, { applied, complete: !interrupted.aborted && tally.counts.found < limit });
}

interface Means {
  readonly supabase: Supabase;
  readonly source: DeadLetterSource;
}

const only = <Kind extends Deed["kind"]>(
  judged: readonly JudgedLetter[],
  kind: Kind,
): Extract<Deed, { kind: Kind }>[] =>
  judged.flatMap(({ deed }) => (deed.kind === kind ? [deed as Extract<Deed, { kind: Kind }>] : []));

/** Everything a batch asks for, then the acknowledgements: a letter whose work failed to be announced stays. */
async function perform({ supabase, source }: Means, judged: readonly JudgedLetter[]): Promise<void> {
  const bookings = [...new Set(only(judged, "queue_booking").map(({ bookingId }) => bookingId))];
  if (bookings.length > 0) await queueBookings(supabase, { ids: bookings, command: "replay" });
  const revivals = only(judged, "revive_recording");
  await reviveRecordings(supabase, revivals);
  const announcements = [
    ...new Map(only(judged, "announce_recording").map(({ id, step }) => [id, { id, step }])).values(),
  ];
  if (announcements.length > 0)
    answered(await supabase.rpc("announce_recordings_again", { p_recordings: announcements }));
  for (const { letter, deed } of judged) {
    if (deed.kind === "publish") {
      await source.publish(letter.topic, { data: letter.data, attributes: replayAttributes(letter) });
    }
    if (deed.kind !== "keep") letter.acknowledge();
  }
}

function note({ counts, shown: first, perTopic }: Tally, judged: readonly JudgedLetter[]): void {
  for (const one of judged) {
    const { topic } = one.letter;
    counts.found += 1;
    counts[one.deed.kind === "keep" ? "kept" : one.deed.kind === "settled" ? "settled" : "replayed"] += 1;
    perTopic.set(topic, (perTopic.get(topic) ?? 0) + 1);
    const known = first.get(topic) ?? [];
    if (known.length < SHOWN_PER_TOPIC) first.set(topic, [...known, one]);
  }
}

function shown(
  tally: Tally,
  { applied, complete }: { readonly applied: boolean; readonly complete: boolean },
): CommandResult {
  const { counts } = tally;
  const lines = [
    ...topics.flatMap(({ name, deadLetterTopic }) => topicLines(tally, name, deadLetterTopic)),
    applied
      ? `${counted(counts.replayed, "dead letter")} replayed, ${counts.settled} were done with, ${counts.kept} stay.`
      : `${counted(counts.replayed, "dead letter")} would be replayed, ${counts.settled} are done with, ${counts.kept} would stay.`,
    ...(!applied && counts.replayed + counts.settled > 0 ? ["Mend the cause, then run it again with --yes."] : []),
    ...(complete ? [] : ["More may be left; the same command goes on where this one stopped."]),
  ];
  const letters = [...tally.shown.values()].flat().map(reportOf);
  return { report: { applied, complete, ...counts, letters }, lines, ok: complete };
}

function topicLines({ shown: first, perTopic }: Tally, topic: TopicName, deadLetterTopic: string): string[] {
  const [count, letters] = [perTopic.get(topic) ?? 0, first.get(topic) ?? []];
  if (count === 0) return [`${deadLetterTopic}: empty`];
  const hidden = count - letters.length;
  return [
    `${deadLetterTopic}: ${counted(count, "message")}`,
    ...letters.map(lineOf),
    ...(hidden > 0 ? [`  and ${hidden} more`] : []),
  ];
}

function lineOf({ letter, subject, words, cause }: JudgedLetter): string {
  const deliveries = deliveriesOf(letter);
  const tried = deliveries === null ? "" : `, delivered ${deliveries} times`;
  const why = cause === null ? "" : ` [${cause.replace(/\.$/, "")}]`;
  return `  ${aboutWords(subject)} (message ${letter.messageId}${tried}) ${words}${why}`;
}

function aboutWords(subject: Subject): string {
  switch (subject.kind) {
    case "booking":
      return `booking ${subject.bookingId}`;
    case "recording":
      return `recording ${subject.recordingName}`;
    case "transcription":
      return `the transcription of recording ${subject.recordingId}`;
    case "event":
      return `${subject.from}'s own event ${subject.what}`;
    case "unreadable":
      return "nobody can tell what";
  }
}

function reportOf({ letter, subject, deed, words, cause }: JudgedLetter): object {
  const { topic, messageId, publishedAt } = letter;
  return { topic, messageId, publishedAt, deliveries: deliveriesOf(letter), subject, deed: deed.kind, words, cause };
}
