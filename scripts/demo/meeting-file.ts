import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const DEFAULT_MEETING = fileURLToPath(new URL("consulting-call.json", import.meta.url));

const meetingFile = z.looseObject(
  {
    meeting_transcripts: z
      .array(
        z.looseObject({
          speaker: z.string("has no speaker").trim().min(1, "has no speaker"),
          content: z.string("has no content"),
        }),
        "meeting_transcripts is missing",
      )
      .refine((turns) => turns.some(({ content }) => content.trim() !== ""), "nobody says a word"),
  },
  "it is no JSON object",
);

/** What is said in a meeting, turn by turn. */
export interface MeetingScript {
  readonly meeting_transcripts: readonly { readonly speaker: string; readonly content: string }[];
}

/** A meeting that cannot be read, said so that the person can mend it. */
export class MeetingFileError extends Error {}

/** Reads a meeting script; the consulting call that comes with the product when no file is given. */
export async function readMeeting(file: string | undefined): Promise<MeetingScript> {
  const name = file ?? DEFAULT_MEETING;
  const text = await readFile(name, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new MeetingFileError(
      `The meeting file ${name} ${cause.code === "ENOENT" ? "does not exist" : `cannot be read (${cause.code})`}.`,
      {
        cause,
      },
    );
  });
  const parsed = meetingFile.safeParse(parseJson(text, name));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const [, turn] = issue?.path ?? [];
    const what = typeof turn === "number" ? `turn ${turn + 1} ${issue?.message}` : issue?.message;
    throw new MeetingFileError(
      `The meeting file ${name} is not a meeting: ${what}. ` +
        'It needs {"meeting_transcripts": [{"speaker": "…", "content": "…"}]}.',
    );
  }
  return {
    meeting_transcripts: parsed.data.meeting_transcripts.map(({ speaker, content }) => ({ speaker, content })),
  };
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MeetingFileError(`The meeting file ${name} is not JSON.`, { cause });
  }
}
