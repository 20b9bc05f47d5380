import type { Readable } from "node:stream";
import { type drive_v3, drive as driveApi } from "googleapis/build/src/apis/drive/index.js";
import { DRIVE_FIELDS, driveFile } from "#contracts/drive-file.ts";
import { parseAnswer } from "#google/answer.ts";
import type { ConsultantAuth } from "#google/consultant-auth.ts";
import { googleError, httpStatusOf, reasonOf } from "#google/errors.ts";
import { headerOf } from "#google/header.ts";
import { resumedRead } from "#google/resumed-read.ts";
import type { Clock } from "#kernel/clock.ts";
import { NeedsReconnectError, PermanentError } from "#kernel/verdicts.ts";
import type { RecordingFile, RecordingFiles } from "#ports/recording-files.ts";

export interface DriveOptions {
  readonly auth: ConsultantAuth;
  readonly clock: Clock;
  /** A download that brings nothing for this long is broken off and continued. */
  readonly idleSeconds: number;
  /** Another address than Google's, without a path: the client drops paths. */
  readonly endpoint?: string | undefined;
}

const REQUEST_TIMEOUT_MS = 20_000;
const IN_DRIVE = "in the organizer's Drive";

/** Why Drive keeps a file from us, in words for the row; the rest is the error table's. */
const REFUSALS: Readonly<Record<string, { readonly code: string; readonly message: string }>> = {
  notFound: { code: "recording_deleted", message: `The recording is no longer ${IN_DRIVE}.` },
  cannotDownloadFile: {
    code: "recording_download_forbidden",
    message: `The recording may not be downloaded: its owner or an administrator has forbidden it ${IN_DRIVE}.`,
  },
  cannotDownloadAbusiveFile: {
    code: "recording_flagged",
    message: "Google has flagged the recording as harmful and does not hand it out.",
  },
};

const SCOPE_MISSING =
  "The consultant's Google access does not include reading Meet recordings from Drive. Connect Google again and leave " +
  "every box ticked; where Google does not ask for it, the operator has to set GOOGLE_DRIVE_RECORDINGS to on first.";

/** Recordings over Drive v3 with the consultant's own token (`drive.meet.readonly`). */
export function makeDriveRecordings({ auth, clock, idleSeconds, endpoint }: DriveOptions): RecordingFiles {
  const rootUrl = endpoint === undefined ? {} : { rootUrl: `${endpoint}/` };
  const call = async <Answer>(userId: string, send: (drive: drive_v3.Drive) => Promise<Answer>): Promise<Answer> => {
    try {
      return await send(driveApi({ version: "v3", auth: await auth.clientFor(userId), ...rootUrl }));
    } catch (thrown) {
      throw driveError(thrown, userId);
    }
  };
  return {
    describe: async (userId, fileId) => {
      const query = { fileId, fields: DRIVE_FIELDS, supportsAllDrives: true };
      const answer = await call(userId, (drive) => drive.files.get(query, { timeout: REQUEST_TIMEOUT_MS }));
      return usableFile(parseAnswer("Drive", driveFile, answer.data));
    },
    content: (userId, { fileId, sizeBytes }) => ({
      sizeBytes,
      read: (start, end) =>
        resumedRead({
          api: "Drive",
          start,
          end,
          clock,
          idleMs: idleSeconds * 1000,
          open: async (from, signal) => {
            const query = { fileId, alt: "media", supportsAllDrives: true } as const;
            const headers = { range: `bytes=${from}-${end - 1}` };
            const answer = await call(userId, (drive) =>
              drive.files.get(query, { responseType: "stream", headers, signal }).catch(withReadableBody),
            );
            const body: Readable = answer.data;
            return { body, startsAt: startOf(answer.status, headerOf(answer.headers, "content-range")) };
          },
        }),
    }),
  };
}

/** Where the answer's bytes begin: a server that ignores the range sends everything. */
function startOf(status: number, contentRange: string | null): number {
  return status === 206 ? Number(/^bytes (\d+)-/.exec(contentRange ?? "")?.[1] ?? Number.NaN) : 0;
}

/** Of a refused download gaxios keeps Google's JSON only as the error's message: put where the error table looks. */
async function withReadableBody(thrown: unknown): Promise<never> {
  const status = httpStatusOf(thrown);
  if (!(thrown instanceof Error) || status === null || !thrown.message.startsWith("{")) throw thrown;
  throw Object.assign(new Error("the download was refused"), {
    cause: thrown,
    response: { status, data: jsonOrNull(thrown.message) },
  });
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function driveError(thrown: unknown, userId: string): Error {
  const refusal = REFUSALS[httpStatusOf(thrown) === 404 ? "notFound" : (reasonOf(thrown) ?? "")];
  if (refusal !== undefined) return new PermanentError(refusal.message, { code: refusal.code, cause: thrown });
  const error = googleError(thrown, { api: "Drive", userId });
  return error instanceof NeedsReconnectError && error.code === "google_scope_missing"
    ? new NeedsReconnectError(SCOPE_MISSING, { code: error.code, cause: thrown, userId })
    : error;
}

function usableFile(file: ReturnType<typeof driveFile.parse>): RecordingFile {
  if (file.trashed) {
    throw new PermanentError(`The recording was moved to the bin ${IN_DRIVE}. Restore it to have it transcribed.`, {
      code: "recording_trashed",
    });
  }
  if (!file.capabilities.canDownload) {
    const { code, message } = REFUSALS["cannotDownloadFile"] ?? { code: "recording_download_forbidden", message: "" };
    throw new PermanentError(message, { code });
  }
  if (file.size === undefined || file.md5Checksum === undefined) {
    throw new PermanentError("Drive states no size or checksum for the recording, so it cannot be copied safely.", {
      code: "recording_unverifiable",
    });
  }
  return { fileId: file.id, sizeBytes: file.size, md5: file.md5Checksum, revisionId: file.headRevisionId };
}
