import type { ScriptTurn } from "#testing/simulated-meeting.ts";
import { seededRandom } from "../../scripts/emulators/pubsub/seeded-random.ts";

const SHORT = ["Mm-hmm .", "Yeah .", "Okay .", ".", "{vocalsound}", "Right .", "{vocalsound} .", "No .", "Mm ."];
const OPENINGS = ["So", "Um", "And", "I think", "We", "The", "But", "Well", "You know ,"];
const WORDS = (
  "the remote control design button price market team project working idea function user people simple battery want " +
  "need cost plan meeting next week should could about with this that one two it is for of and to a in not really just"
).split(" ");

/** A lively meeting of `turns` turns: a third of them one or two words, no two in a row by one speaker. */
export function scriptedConversation(turns: number, seed: number, speakers = 4): ScriptTurn[] {
  const random = seededRandom(seed);
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? "";
  const script: ScriptTurn[] = [];
  let speaker = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    speaker = (speaker + 1 + Math.floor(random() * (speakers - 1))) % speakers;
    const words = Math.floor(3 + random() ** 3 * 70);
    const sentence = [pick(OPENINGS), ...Array.from({ length: words }, () => pick(WORDS)), "."].join(" ");
    script.push({ speaker: `Speaker ${speaker}`, content: random() < 0.35 ? pick(SHORT) : sentence });
  }
  return script;
}
