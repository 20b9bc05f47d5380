import type { EmulatorClock } from "../rest/emulator.ts";
import { GoogleError, invalid, notFound } from "../rest/errors.ts";
import type { Call, Operation, Reply } from "../rest/operation.ts";
import { ok, userOf } from "../rest/operation.ts";
import type { DriveFile, DriveFiles } from "./drive-files.ts";
import { fullResource, shortResource } from "./file-resource.ts";
import { damagedMediaReply, mediaReply } from "./media.ts";
import type { MediaFaultList } from "./media-faults.ts";

export interface DriveState {
  readonly files: DriveFiles;
  readonly mediaFaults: MediaFaultList;
  readonly clock: EmulatorClock;
}

const SCOPE = "https://www.googleapis.com/auth/drive";
/** See every file of the user. */
const WHOLE_DRIVE_SCOPES = [SCOPE, `${SCOPE}.readonly`];
/** See every file, but not its content. */
const METADATA_SCOPES = [`${SCOPE}.metadata`, `${SCOPE}.metadata.readonly`];
/** See only what Meet made. */
const MEET_SCOPE = `${SCOPE}.meet.readonly`;
/** See only what the app itself made: no recording. */
const APP_SCOPES = [`${SCOPE}.file`, `${SCOPE}.appdata`];

export const driveOperations: readonly Operation<DriveState>[] = [
  {
    name: "files.get",
    method: "GET",
    path: "/drive/v3/files/:fileId",
    query: [
      "acknowledgeAbuse",
      "includeLabels",
      "includePermissionsForView",
      "supportsAllDrives",
      "supportsTeamDrives",
    ],
    scopes: [...WHOLE_DRIVE_SCOPES, ...METADATA_SCOPES, MEET_SCOPE, ...APP_SCOPES],
    run: getFile,
  },
  {
    name: "files.download",
    method: "POST",
    path: "/drive/v3/files/:fileId/download",
    query: ["mimeType", "revisionId"],
    scopes: [...WHOLE_DRIVE_SCOPES, `${SCOPE}.file`],
    run: () => {
      throw new GoogleError(501, "notImplemented", "The drive emulator does not implement files.download");
    },
  },
];

function getFile(call: Call, state: DriveState): Reply {
  const file = visibleFile(call, state);
  const alt = call.query.get("alt") ?? "json";
  if (alt === "media") return getContent(call, state, file);
  if (alt !== "json") throw invalid(`Invalid value for parameter alt: ${alt}`, "invalidParameter");
  return ok(call.query.has("fields") ? fullResource(file, userOf(call)) : shortResource(file));
}

function getContent(call: Call, state: DriveState, file: DriveFile): Reply {
  const mayRead = [...WHOLE_DRIVE_SCOPES, MEET_SCOPE].some((scope) => userOf(call).scopes.has(scope));
  if (!mayRead) throw new GoogleError(403, "insufficientPermissions", "Insufficient Permission");
  if (!file.canDownload)
    throw new GoogleError(403, "cannotDownloadFile", "This file cannot be downloaded by the user.");
  if (file.abusive && call.query.get("acknowledgeAbuse") !== "true") {
    const message = "This file has been identified as malware or spam and cannot be downloaded.";
    throw new GoogleError(403, "cannotDownloadAbusiveFile", message);
  }
  const range = call.headers.get("range");
  const fault = state.mediaFaults.take(file.id);
  if (fault === null) return mediaReply(file, range);
  return damagedMediaReply({ file, files: state.files, range }, fault, state.clock);
}

/** Files of others, and files outside what the scope shows, do not exist for the caller. */
function visibleFile(call: Call, { files }: DriveState): DriveFile {
  const { sub, scopes } = userOf(call);
  const file = files.get(call.params["fileId"] ?? "");
  const seesAll = [...WHOLE_DRIVE_SCOPES, ...METADATA_SCOPES].some((scope) => scopes.has(scope));
  const sees = seesAll || (scopes.has(MEET_SCOPE) && file?.createdByMeet === true);
  if (file === undefined || file.owner.sub !== sub || !sees) {
    throw notFound(`File not found: ${call.params["fileId"]}.`);
  }
  return file;
}
