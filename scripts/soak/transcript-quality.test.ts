import { describe, expect, it } from "vitest";
import { heardShare, rightSpeakerShare } from "./transcript-quality.ts";

const script = {
  meeting_transcripts: [
    { speaker: "Ada: the first", content: "We begin now , all of us ." },
    { speaker: "Grace", content: "Yes ." },
    { speaker: "Ada: the first", content: "Then we go on with the second point" },
    { speaker: "Grace", content: "" },
  ],
};
const perfect = `Ada: the first: We begin now , all of us .
Grace: Yes .
Ada: the first: Then we go on with the second point`;

describe("the share of words heard", () => {
  it("is one for a transcript that has them all, however its lines are cut", () => {
    expect(heardShare(script, perfect)).toBe(1);
    expect(heardShare(script, perfect.replace("now , all", "now ,\nGrace: all"))).toBe(1);
  });

  it("falls by every word that is missing, changed or out of order", () => {
    expect(heardShare(script, perfect.replace("begin ", ""))).toBeCloseTo(17 / 18);
    expect(heardShare(script, perfect.replace("begin", "start"))).toBeCloseTo(17 / 18);
    expect(heardShare(script, perfect.replace("begin now", "now begin"))).toBeCloseTo(17 / 18);
    expect(heardShare(script, "")).toBe(0);
  });

  it("is not raised by words that nobody said", () => {
    expect(heardShare(script, perfect.replace("Yes", "Oh yes indeed Yes"))).toBe(1);
    expect(heardShare(script, "Grace: nothing of it")).toBeLessThan(0.2);
  });
});

describe("the share of turns with their speaker", () => {
  it("is one when every turn stands under its name", () => {
    expect(rightSpeakerShare(script, perfect)).toBe(1);
  });

  it("falls by every turn whose words mostly stand under another name", () => {
    expect(rightSpeakerShare(script, perfect.replace("Grace: Yes", "Ada: the first: Yes"))).toBeCloseTo(2 / 3);
    expect(rightSpeakerShare(script, perfect.replaceAll("Ada: the first: ", "Unknown speaker: "))).toBeCloseTo(1 / 3);
  });

  it("counts a turn whose words were not heard as wrong", () => {
    expect(rightSpeakerShare(script, perfect.replace("Yes .", "no"))).toBeCloseTo(2 / 3);
  });
});
