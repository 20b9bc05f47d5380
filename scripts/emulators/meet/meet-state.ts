import { randomBytes } from "node:crypto";
import { notFound } from "../rest/errors.ts";

/** A Google account, as a space knows its owner. */
export interface Owner {
  readonly sub: string;
  readonly email: string;
  readonly name?: string;
}

export type Generation = "AUTO_GENERATION_TYPE_UNSPECIFIED" | "ON" | "OFF";

export interface Space {
  readonly name: string;
  readonly meetingCode: string;
  readonly meetingUri: string;
  readonly owner: Owner;
  /** Start of the calendar event it was made for. */
  readonly startsAt: Date;
  readonly recording: Generation;
  readonly transcription: Generation;
}

export interface Session {
  readonly name: string;
  readonly startTime: string;
  readonly endTime: string;
}

export interface Participant {
  readonly name: string;
  readonly signedinUser?: { readonly user: string; readonly displayName: string };
  readonly anonymousUser?: { readonly displayName: string };
  readonly earliestStartTime: string;
  readonly latestEndTime: string;
  /** In order of time, never overlapping, at least one. */
  readonly sessions: readonly Session[];
}

export interface TranscriptEntry {
  readonly name: string;
  readonly participant: string;
  readonly text: string;
  readonly languageCode: string;
  readonly startTime: string;
  readonly endTime: string;
}

/** Everything one conference left behind. */
export interface Conference {
  readonly name: string;
  readonly space: Space;
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** When `hold` played it, whatever time it was played for. */
  readonly heldAt: Date;
  /** In the order in which they came in. */
  readonly participants: readonly Participant[];
  readonly recordings: readonly { readonly name: string; readonly file: string; readonly exportUri: string }[];
  readonly transcripts: readonly { readonly name: string; readonly entries: readonly TranscriptEntry[] }[];
}

/** What Calendar needs of Meet. */
export interface MeetSpaces {
  createSpace(owner: Owner, startsAt: Date): Space;
  /** The event was moved: a meeting that is held later begins then. */
  moveSpace(name: string, startsAt: Date): void;
}

const CODE_LETTERS = "abcdefghijklmnopqrstuvwxyz";

/** Spaces and conference records, in memory. */
export class MeetState implements MeetSpaces {
  readonly #spaces = new Map<string, Space>();
  readonly #conferences = new Map<string, Conference>();

  createSpace(owner: Owner, startsAt: Date): Space {
    const meetingCode = [3, 4, 3].map(letters).join("-");
    const space: Space = {
      name: `spaces/${randomBytes(9).toString("base64url").replaceAll(/[-_]/g, "x")}`,
      ...{ meetingCode, meetingUri: `https://meet.google.com/${meetingCode}`, owner, startsAt },
      ...{ recording: "AUTO_GENERATION_TYPE_UNSPECIFIED", transcription: "AUTO_GENERATION_TYPE_UNSPECIFIED" },
    };
    this.#spaces.set(space.name, space);
    return space;
  }

  moveSpace(name: string, startsAt: Date): void {
    this.changeSpace(name, { startsAt });
  }

  changeSpace(name: string, change: Partial<Pick<Space, "startsAt" | "recording" | "transcription">>): Space {
    const space = { ...this.space(name), ...change };
    this.#spaces.set(space.name, space);
    return space;
  }

  /** By resource name, or by `spaces/{meetingCode}` in any case. */
  space(name: string): Space {
    const code = name.slice("spaces/".length).toLowerCase();
    const found = this.#spaces.get(name) ?? [...this.#spaces.values()].find(({ meetingCode }) => meetingCode === code);
    if (found === undefined) throw notFound(`Space not found: ${name}`);
    return found;
  }

  addConference(conference: Conference): void {
    this.#conferences.set(conference.name, conference);
  }

  /** Newest first. */
  conferences(): Conference[] {
    return [...this.#conferences.values()].sort((a, b) => b.startsAt.getTime() - a.startsAt.getTime());
  }

  conference(name: string): Conference | undefined {
    return this.#conferences.get(name);
  }

  clear(): void {
    this.#spaces.clear();
    this.#conferences.clear();
  }
}

function letters(count: number): string {
  return Array.from(randomBytes(count), (byte) => CODE_LETTERS[byte % CODE_LETTERS.length]).join("");
}
