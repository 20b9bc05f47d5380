import type { DriveFile } from "./drive-files.ts";
import { webViewLinkOf } from "./drive-files.ts";

/** What `files.get` answers without a `fields` parameter. */
export function shortResource(file: DriveFile): Record<string, unknown> {
  const { id, name, mimeType } = file;
  return { kind: "drive#file", id, name, mimeType };
}

/** The whole resource, from which `fields` selects. Sizes and durations are text, as int64 always is. */
export function fullResource(file: DriveFile, caller: { readonly sub: string }): Record<string, unknown> {
  const isOwner = caller.sub === file.owner.sub;
  const owner = { kind: "drive#user", displayName: file.owner.email, emailAddress: file.owner.email, me: isOwner };
  const video = { width: 1280, height: 720, durationMillis: String(Math.round(file.durationMs ?? 0)) };
  return {
    ...shortResource(file),
    size: String(file.bytes.length),
    md5Checksum: file.md5,
    sha256Checksum: file.sha256,
    headRevisionId: file.headRevisionId,
    trashed: file.trashed,
    createdTime: file.createdAt.toISOString(),
    modifiedTime: file.modifiedAt.toISOString(),
    owners: [owner],
    ownedByMe: isOwner,
    webViewLink: webViewLinkOf(file.id),
    capabilities: { canDownload: file.canDownload, canEdit: isOwner, canTrash: isOwner },
    ...(file.durationMs === undefined ? {} : { videoMediaMetadata: video }),
  };
}
