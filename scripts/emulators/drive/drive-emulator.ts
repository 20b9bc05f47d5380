import { z } from "zod";
import type { Emulator, EmulatorClock, TokenAuthority } from "../rest/emulator.ts";
import { notFound } from "../rest/errors.ts";
import type { Operation } from "../rest/operation.ts";
import { ok, withBody } from "../rest/operation.ts";
import type { RestServer } from "../rest/server.ts";
import { startRestServer } from "../rest/server.ts";
import { DriveFiles } from "./drive-files.ts";
import { fullResource } from "./file-resource.ts";
import { MediaFaultList, mediaFaultSchema } from "./media-faults.ts";
import type { DriveState } from "./operations.ts";
import { driveOperations } from "./operations.ts";

export interface DriveEmulator extends Emulator, Pick<RestServer, "faults" | "calls"> {
  readonly files: DriveFiles;
  readonly mediaFaults: MediaFaultList;
}

export interface DriveEmulatorOptions {
  readonly port?: number;
  readonly authority: TokenAuthority;
  readonly clock: EmulatorClock;
}

const fileChangeSchema = z.strictObject({
  name: z.string().optional(),
  trashed: z.boolean().optional(),
  canDownload: z.boolean().optional(),
  abusive: z.boolean().optional(),
  deleted: z.literal(true).optional(),
});

/** Google Drive v3 as far as recordings need it: metadata and content of files. */
export async function startDriveEmulator(options: DriveEmulatorOptions): Promise<DriveEmulator> {
  const state: DriveState = { files: new DriveFiles(), mediaFaults: new MediaFaultList(), clock: options.clock };
  const server = await startRestServer({
    ...options,
    name: "drive",
    operations: driveOperations,
    control,
    state,
    onReset: () => {
      state.files.clear();
      state.mediaFaults.clear();
    },
  });
  return { ...server, files: state.files, mediaFaults: state.mediaFaults };
}

const control: readonly Operation<DriveState>[] = [
  {
    name: "control.files",
    method: "GET",
    path: "/emulator/files",
    query: [],
    anonymous: true,
    run: (_call, { files }) => ok({ files: files.list().map((file) => fullResource(file, file.owner)) }),
  },
  {
    name: "control.changeFile",
    method: "POST",
    path: "/emulator/files/:fileId",
    query: [],
    anonymous: true,
    ...withBody<DriveState, typeof fileChangeSchema>(fileChangeSchema, ({ deleted, ...change }, call, { files }) => {
      const fileId = call.params["fileId"] ?? "";
      const present = Object.entries(change).filter(([, value]) => value !== undefined);
      const file = files.change(fileId, Object.fromEntries(present));
      if (file === undefined) throw notFound(`File not found: ${fileId}.`);
      if (deleted === true) files.delete(fileId);
      return ok(fullResource(file, file.owner));
    }),
  },
  {
    name: "control.addMediaFault",
    method: "POST",
    path: "/emulator/media-faults",
    query: [],
    anonymous: true,
    ...withBody<DriveState, typeof mediaFaultSchema>(mediaFaultSchema, (fault, _call, { mediaFaults }) => {
      mediaFaults.add(fault);
      return ok(fault);
    }),
  },
  {
    name: "control.clearMediaFaults",
    method: "DELETE",
    path: "/emulator/media-faults",
    query: [],
    anonymous: true,
    run: (_call, { mediaFaults }) => {
      mediaFaults.clear();
      return ok({});
    },
  },
];
