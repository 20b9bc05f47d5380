import { readdir } from "node:fs/promises";
import path from "node:path";
import { readMeeting } from "../demo/meeting-file.ts";
import { runDemo } from "../demo/run-demo.ts";
import { startStack } from "../local/start-stack.ts";
import { heardShare, rightSpeakerShare } from "./transcript-quality.ts";

export const name = "meetings";
export const describe = "every meeting of a folder through the whole pipeline; name it with --data DIR";

const MIN_HEARD = 0.999;
const MIN_RIGHT_SPEAKER = 0.99;

/** Holds each `*.json` of the folder; throws when words or speakers fall below the bar. */
export async function run(
  report: (line: string) => void,
  { data }: { readonly data?: string | undefined } = {},
): Promise<void> {
  const files = data === undefined ? [undefined] : await meetingFiles(data);
  const stack = await startStack();
  try {
    for (const file of files) {
      const script = await readMeeting(file);
      const { booking, elapsedMs } = await runDemo({ stack, script });
      const transcript = booking.meeting_transcript ?? "";
      const [heard, right] = [heardShare(script, transcript), rightSpeakerShare(script, transcript)];
      const turns = script.meeting_transcripts.length;
      report(
        `${path.basename(file ?? "default")}: ${turns} turns, ${percent(heard)} of words heard, ${percent(right)} of turns named, ${elapsedMs} ms`,
      );
      if (heard < MIN_HEARD || right < MIN_RIGHT_SPEAKER)
        throw new Error(`${file ?? "the default meeting"} falls below the bar`);
    }
  } finally {
    await stack.stop();
  }
}

async function meetingFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => path.join(folder, file));
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
