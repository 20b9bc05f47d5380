import { createHash, randomBytes } from "node:crypto";

/** What a file starts with; the rest has defaults of an ordinary Meet recording. */
export interface NewDriveFile {
  readonly owner: { readonly sub: string; readonly email: string };
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: Uint8Array;
  readonly durationMs?: number;
  /** Only such files are seen through `drive.meet.readonly`. */
  readonly createdByMeet: boolean;
  readonly createdAt: Date;
}

export interface DriveFile extends NewDriveFile {
  readonly id: string;
  readonly md5: string;
  readonly sha256: string;
  readonly headRevisionId: string;
  readonly modifiedAt: Date;
  readonly trashed: boolean;
  readonly canDownload: boolean;
  /** Flagged as malware or spam: content needs `acknowledgeAbuse=true`. */
  readonly abusive: boolean;
}

export type DriveFileChange = Partial<Pick<DriveFile, "trashed" | "canDownload" | "abusive" | "name">>;

/** Where Meet puts recordings; the Drive emulator provides it. */
export interface RecordingFolder {
  add(file: NewDriveFile): { readonly id: string; readonly webViewLink: string };
}

/** The browser's address of a file. */
export const webViewLinkOf = (id: string): string => `https://drive.google.com/file/d/${id}/view?usp=drive_web`;

/** All files of all users, in memory. */
export class DriveFiles implements RecordingFolder {
  readonly #files = new Map<string, DriveFile>();

  add(file: NewDriveFile): { readonly id: string; readonly webViewLink: string } {
    const id = `1${randomBytes(24).toString("base64url")}`;
    const state = { modifiedAt: file.createdAt, trashed: false, canDownload: true, abusive: false };
    this.#files.set(id, { ...file, ...state, ...revisionOf(file.bytes), id });
    return { id, webViewLink: webViewLinkOf(id) };
  }

  get(id: string): DriveFile | undefined {
    return this.#files.get(id);
  }

  list(): readonly DriveFile[] {
    return [...this.#files.values()];
  }

  change(id: string, change: DriveFileChange): DriveFile | undefined {
    const file = this.#files.get(id);
    if (file === undefined) return undefined;
    this.#files.set(id, { ...file, ...change });
    return this.#files.get(id);
  }

  /** Replaces the content: a new head revision with new checksums. */
  replaceContent(id: string, bytes: Uint8Array, at: Date): void {
    const file = this.#files.get(id);
    if (file !== undefined) this.#files.set(id, { ...file, ...revisionOf(bytes), bytes, modifiedAt: at });
  }

  delete(id: string): boolean {
    return this.#files.delete(id);
  }

  clear(): void {
    this.#files.clear();
  }
}

function revisionOf(bytes: Uint8Array): Pick<DriveFile, "md5" | "sha256" | "headRevisionId"> {
  const digest = (algorithm: string): string => createHash(algorithm).update(bytes).digest("hex");
  return { md5: digest("md5"), sha256: digest("sha256"), headRevisionId: `0B${randomBytes(24).toString("base64url")}` };
}
