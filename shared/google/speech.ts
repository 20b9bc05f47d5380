import { batchOperation, batchRequestOf, operationList, startedOperation } from "#contracts/speech-operation.ts";
import { parseAnswer } from "#google/answer.ts";
import { googleError } from "#google/errors.ts";
import { serviceAuth } from "#google/service-auth.ts";
import { PermanentError, RetryableError } from "#kernel/verdicts.ts";
import type { Transcriber, TranscriptionProgress, TranscriptionRequest } from "#ports/transcriber.ts";

export interface SpeechOptions {
  readonly projectId: string;
  /** A region of the model, after the data's residency; part of the endpoint and of every name. */
  readonly location: string;
  /** Another address than Google's. */
  readonly endpoint?: string | undefined;
}

const REQUEST_TIMEOUT_MS = 30_000;
/** A job whose start was never confirmed is looked for among this many. */
const MAX_OPERATIONS_SEARCHED = 300;
const PAGE_SIZE = 100;
const API = "Speech";
const INSTALLATION_FAULTS: readonly string[] = ["google_forbidden", "google_not_found"];
/** Called once: a repeated start is a second paid job. */
const ONCE = { retry: false } as const;

/**
 * Speech-to-Text v2 over REST, as the function's service account. No client of Google's: googleapis has no v2, and the
 * generated one brings gax, which costs a start 100 ms for these three calls.
 */
export function makeTranscriber({ projectId, location, endpoint }: SpeechOptions): Transcriber {
  const auth = serviceAuth(projectId, "cloud-platform");
  const root = `${endpoint ?? `https://${location}-speech.googleapis.com`}/v2`;
  const parent = `projects/${projectId}/locations/${location}`;
  const call: Call = async (path, options) => {
    const { data } = await auth.request<unknown>({
      url: `${root}/${path}`,
      timeout: REQUEST_TIMEOUT_MS,
      retry: true,
      ...options,
    });
    return data;
  };
  return {
    start: async (request) => {
      try {
        const path = `${parent}/recognizers/_:batchRecognize`;
        const answer = await call(path, { method: "POST", data: batchRequest(request), ...ONCE });
        return parseAnswer(API, startedOperation, answer).name;
      } catch (thrown) {
        throw startError(thrown);
      }
    },
    find: async (outputUri) => {
      try {
        return await findOperation(call, { parent, outputUri });
      } catch (thrown) {
        throw googleError(thrown, { api: API });
      }
    },
    check: (operationName) => checkOperation(call, operationName),
  };
}

/** One request; its JSON answer is not believed yet. */
type Call = (
  path: string,
  options?: { readonly method?: "POST"; readonly data?: object; readonly params?: object; readonly retry?: boolean },
) => Promise<unknown>;

/** A refusal of our own service account is a mistake of the installation: retried until someone mends it. */
function startError(thrown: unknown): Error {
  const error = googleError(thrown, { api: API });
  if (!(error instanceof PermanentError) || !INSTALLATION_FAULTS.includes(error.code)) return error;
  return new RetryableError(`${error.message} Check the region and the function's rights.`, {
    code: error.code,
    cause: thrown,
  });
}

function batchRequest(request: TranscriptionRequest) {
  return {
    config: {
      autoDecodingConfig: {},
      model: request.model,
      languageCodes: [request.languageCode],
      features: { enableWordTimeOffsets: true, enableAutomaticPunctuation: true },
    },
    // More than one file per request is being withdrawn (quotas page, 2026-07-10).
    files: [{ uri: request.audioUri }],
    recognitionOutputConfig: { gcsOutputConfig: { uri: request.outputUri } },
  };
}

async function checkOperation(call: Call, name: string): Promise<TranscriptionProgress> {
  try {
    const { done, error, response } = parseAnswer(API, batchOperation, await call(name));
    if (!done) return { kind: "running" };
    if (error !== null) return { kind: "failed", reason: said(error.message) };
    const [file] = response;
    if (file === undefined) return { kind: "failed", reason: said("it finished without a result") };
    return file.error === null && file.uri !== null
      ? { kind: "succeeded", resultUri: file.uri }
      : { kind: "failed", reason: said(file.error?.message ?? "it wrote no result") };
  } catch (thrown) {
    const error = googleError(thrown, { api: API });
    if (error instanceof PermanentError && error.code === "google_not_found") return { kind: "unknown" };
    throw error;
  }
}

/** The newest operation that writes to this place. */
async function findOperation(
  call: Call,
  { parent, outputUri }: { readonly parent: string; readonly outputUri: string },
): Promise<string | null> {
  let pageToken: string | undefined;
  for (let searched = 0; searched < MAX_OPERATIONS_SEARCHED; searched += PAGE_SIZE) {
    const params = { pageSize: PAGE_SIZE, ...(pageToken !== undefined && { pageToken }) };
    const page = parseAnswer(API, operationList, await call(`${parent}/operations`, { params }));
    const found = page.operations.find(({ metadata }) => outputOf(metadata) === outputUri);
    if (found !== undefined || page.nextPageToken === "") return found?.name ?? null;
    pageToken = page.nextPageToken;
  }
  return null;
}

const outputOf = (metadata: unknown): string | undefined =>
  batchRequestOf(metadata)?.recognitionOutputConfig?.gcsOutputConfig?.uri;

const said = (message: string): string => `Speech-to-Text could not transcribe the recording: ${message}`;
