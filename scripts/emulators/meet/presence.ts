import type { SpokenTurn } from "./speak-script.ts";

/** A stay in the room, counted from the conference's start. */
export interface Stay {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Nobody comes in or leaves closer than this to what they say. */
const LEAST_MARGIN_MS = 500;
/** People come at most this much before their first words, and stay at most this much after their last. */
const MOST_MARGIN_MS = 20_000;
/** A silence has to be this long for somebody to leave during it. */
const LEAST_ABSENCE_MS = 10_000;
const REJOIN_SHARE = 0.4;

/**
 * When one speaker was in the room: a little around what they say, and for some with an absence during their longest
 * silence. Every word they say is inside one of the stays. `random` is seeded by the caller.
 */
export function staysOf(turns: readonly SpokenTurn[], durationMs: number, random: () => number): Stay[] {
  const spoken = turns.flatMap(({ words }) => {
    const [first, last] = [words[0], words.at(-1)];
    return first === undefined || last === undefined ? [] : [{ fromMs: first.startsMs, untilMs: last.endsMs }];
  });
  const margin = (): number => Math.round(LEAST_MARGIN_MS + random() * (MOST_MARGIN_MS - LEAST_MARGIN_MS));
  const fromMs = Math.max(0, (spoken[0]?.fromMs ?? 0) - margin());
  const untilMs = Math.min(durationMs, (spoken.at(-1)?.untilMs ?? durationMs) + margin());
  const silence = longestSilence(spoken);
  const absentMs = silence === null ? 0 : silence.untilMs - silence.fromMs - 2 * LEAST_MARGIN_MS;
  if (random() >= REJOIN_SHARE || silence === null || absentMs < LEAST_ABSENCE_MS) return [{ fromMs, untilMs }];
  const leftMs = Math.round(silence.fromMs + LEAST_MARGIN_MS + (random() * absentMs) / 3);
  const backMs = Math.round(silence.untilMs - LEAST_MARGIN_MS - (random() * absentMs) / 3);
  return [
    { fromMs, untilMs: leftMs },
    { fromMs: backMs, untilMs },
  ];
}

function longestSilence(spoken: readonly Stay[]): Stay | null {
  const silences = spoken
    .slice(1)
    .map(({ fromMs }, index) => ({ fromMs: spoken[index]?.untilMs ?? fromMs, untilMs: fromMs }));
  return silences.reduce<Stay | null>(
    (longest, silence) => (lengthOf(silence) > lengthOf(longest) ? silence : longest),
    null,
  );
}

const lengthOf = (stay: Stay | null): number => (stay === null ? 0 : stay.untilMs - stay.fromMs);
