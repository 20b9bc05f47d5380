import type { Owner, Participant } from "./meet-state.ts";
import { type Stay, staysOf } from "./presence.ts";
import { randomOf } from "./random-of.ts";
import type { SpokenTurn } from "./speak-script.ts";

interface Held {
  /** The conference record. */
  readonly name: string;
  readonly owner: Owner;
  readonly startsAt: Date;
  readonly durationMs: number;
}

/**
 * One participant a speaker, by speaker. The room's owner is the one who bears the account's name, else the first
 * voice, and is there from the first moment to the last: a room with nobody in it ends its recording.
 */
export function participantsOf(turns: readonly SpokenTurn[], held: Held): Map<string, Participant> {
  const turnsOf = Map.groupBy(turns, ({ speaker }) => speaker);
  const speakers = [...turnsOf.keys()];
  const host = speakers.find((speaker) => speaker === held.owner.name) ?? speakers[0];
  const random = randomOf(`presence ${JSON.stringify(turns)}`);
  return new Map(
    speakers.map((speaker, index) => {
      const name = `${held.name}/participants/${100_000 + index}`;
      const isHost = speaker === host;
      const stays = isHost
        ? [{ fromMs: 0, untilMs: held.durationMs }]
        : staysOf(turnsOf.get(speaker) ?? [], held.durationMs, random);
      const sub = isHost ? held.owner.sub : `2${String(index).padStart(20, "0")}`;
      const identity =
        isHost || index % 2 === 0
          ? { signedinUser: { user: `users/${sub}`, displayName: speaker } }
          : { anonymousUser: { displayName: speaker } };
      return [speaker, { name, ...identity, ...attendance(name, stays, held.startsAt) }];
    }),
  );
}

function attendance(participant: string, stays: readonly Stay[], startsAt: Date) {
  const at = (ms: number): string => new Date(startsAt.getTime() + ms).toISOString();
  const sessions = stays.map(({ fromMs, untilMs }, index) => ({
    name: `${participant}/participantSessions/${index + 1}`,
    startTime: at(fromMs),
    endTime: at(untilMs),
  }));
  return {
    earliestStartTime: at(stays[0]?.fromMs ?? 0),
    latestEndTime: at(stays.at(-1)?.untilMs ?? 0),
    sessions,
  };
}
