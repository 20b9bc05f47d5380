import { randomBytes } from "node:crypto";
import { GoogleError } from "../rest/errors.ts";
import { type Call, type Operation, ok, type Reply, withBody } from "../rest/operation.ts";
import { batchRequestSchema } from "./batch-request.ts";
import { JobFaults, jobFaultSchema } from "./job-faults.ts";
import { screenBatch } from "./screen-batch.ts";
import { SpeechJob } from "./speech-job.ts";
import type { Storage } from "./storage-access.ts";

/** Jobs in the order they were started. */
export class SpeechState {
  readonly storage: Storage;
  readonly jobs = new Map<string, SpeechJob>();
  readonly faults = new JobFaults();

  constructor(storage: Storage) {
    this.storage = storage;
  }

  clear(): void {
    for (const job of this.jobs.values()) job.stop();
    this.jobs.clear();
    this.faults.clear();
  }
}

const LOCATION_PATH = "/v2/projects/:project/locations/:location";
const MAX_PAGE = 100;

export const operations: readonly Operation<SpeechState>[] = [
  {
    name: "recognizers.batchRecognize",
    method: "POST",
    path: `${LOCATION_PATH}/recognizers/:recognizer\\:batchRecognize`,
    query: [],
    serviceAccounts: true,
    ...withBody<SpeechState, typeof batchRequestSchema>(batchRequestSchema, (request, call, state) => {
      const { recognizer = "", location = "" } = call.params;
      const parent = parentOf(call);
      // Stored recognizers are not part of this emulator: only the empty one exists.
      if (recognizer !== "_") throw missing(`${parent}/recognizers/${recognizer}`);
      const batch = screenBatch(request, location);
      const name = `${parent}/operations/${randomBytes(8).toString("hex")}`;
      const fault = state.faults.take();
      const job = new SpeechJob({ name, recognizer: `${parent}/recognizers/_`, request, batch, fault }, state.storage);
      state.jobs.set(name, job);
      return ok(job);
    }),
  },
  {
    name: "operations.get",
    method: "GET",
    path: `${LOCATION_PATH}/operations/:operation`,
    query: [],
    serviceAccounts: true,
    run(call, state) {
      const name = `${parentOf(call)}/operations/${call.params["operation"]}`;
      const job = state.jobs.get(name);
      if (job === undefined) throw missing(name);
      return ok(job);
    },
  },
  {
    name: "operations.list",
    method: "GET",
    path: `${LOCATION_PATH}/operations`,
    query: ["filter", "pageSize", "pageToken", "returnPartialSuccess"],
    serviceAccounts: true,
    run: listOperations,
  },
];

/** Newest first. */
function listOperations(call: Call, state: SpeechState): Reply {
  const { query } = call;
  const filter = /^(?:done\s*=\s*(true|false))?$/.exec(query.get("filter") ?? "");
  if (filter === null) throw refused(`Invalid filter "${query.get("filter")}".`);
  const isWanted = ({ isDone }: SpeechJob): boolean => filter[1] === undefined || String(isDone) === filter[1];
  const jobs = [...state.jobs.values()].filter(({ job }) => job.name.startsWith(`${parentOf(call)}/`)).filter(isWanted);
  const size = Math.min(MAX_PAGE, Number(query.get("pageSize") ?? 0) || MAX_PAGE);
  const from = Number(query.get("pageToken") ?? 0);
  if (!Number.isInteger(from)) throw refused("Invalid page token.");
  const page = jobs.reverse().slice(from, from + size);
  const more = jobs.length > from + size ? { nextPageToken: String(from + size) } : {};
  return ok({ ...(page.length === 0 ? {} : { operations: page }), ...more });
}

const control = { query: [], anonymous: true } as const;

export const controlOperations: readonly Operation<SpeechState>[] = [
  {
    ...control,
    name: "control.jobs",
    method: "GET",
    path: "/emulator/jobs",
    run(_call, { jobs }) {
      const list = [...jobs.values()].map((job) => ({
        name: job.job.name,
        files: job.job.batch.files.map(({ uri }) => uri),
        outputUri: job.job.request.recognitionOutputConfig?.gcsOutputConfig?.uri ?? null,
        startedAt: job.createdAt.toISOString(),
        isDone: job.isDone,
        billedSeconds: job.billedSeconds,
      }));
      return ok({ count: list.length, jobs: list });
    },
  },
  {
    ...control,
    name: "control.addJobFault",
    method: "POST",
    path: "/emulator/jobs/faults",
    ...withBody<SpeechState, typeof jobFaultSchema>(jobFaultSchema, (fault, _call, { faults }) => {
      faults.add(fault);
      return ok(fault);
    }),
  },
];

const parentOf = ({ params }: Call): string => `projects/${params["project"]}/locations/${params["location"]}`;
const missing = (name: string): GoogleError =>
  new GoogleError(404, "notFound", `Requested entity was not found: ${name}`);
const refused = (message: string): GoogleError => new GoogleError(400, "badRequest", message, "INVALID_ARGUMENT");
