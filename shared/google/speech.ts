import type { SpeechClient } from "@google-cloud/speech/build/src/v2/index.js";
import { batchOperation, batchRequestOf } from "#contracts/speech-operation.ts";
import { parseAnswer } from "#google/answer.ts";
import { googleError } from "#google/errors.ts";
import { readyClient } from "#google/ready-client.ts";
import { restEndpoint } from "#google/rest-endpoint.ts";
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
const API = "Speech";
const INSTALLATION_FAULTS: readonly string[] = ["google_forbidden", "google_not_found"];
/** Called once: a repeated start is a second paid job. */
const ONCE = { timeout: REQUEST_TIMEOUT_MS, retry: null } as const;

/** Speech-to-Text v2 over REST, as the function's service account. */
export function makeTranscriber({ projectId, location, endpoint }: SpeechOptions): Transcriber {
  const address =
    endpoint === undefined ? { apiEndpoint: `${location}-speech.googleapis.com` } : restEndpoint(endpoint);
  const ready = readyClient(async () => {
    const { SpeechClient } = await import("@google-cloud/speech/build/src/v2/index.js");
    return new SpeechClient({ fallback: true, projectId, ...address });
  });
  const parent = `projects/${projectId}/locations/${location}`;
  return {
    start: async (request) => {
      try {
        const client = await ready();
        const [operation] = await client.batchRecognize(batchRequest(`${parent}/recognizers/_`, request), ONCE);
        if (operation.name === undefined)
          throw new RetryableError("Speech named no operation.", { code: "speech_unnamed" });
        return operation.name;
      } catch (thrown) {
        throw startError(thrown);
      }
    },
    find: async (outputUri) => {
      try {
        const client = await ready();
        for (const name of await recentOperations(client, parent)) {
          const { metadata } = await client.checkBatchRecognizeProgress(name);
          if (batchRequestOf(metadata)?.recognitionOutputConfig?.gcsOutputConfig?.uri === outputUri) return name;
        }
        return null;
      } catch (thrown) {
        throw googleError(thrown, { api: API });
      }
    },
    check: (operationName) => checkOperation(ready, operationName),
  };
}

/** A refusal of our own service account is a mistake of the installation: retried until someone mends it. */
function startError(thrown: unknown): Error {
  const error = googleError(thrown, { api: API });
  if (!(error instanceof PermanentError) || !INSTALLATION_FAULTS.includes(error.code)) return error;
  return new RetryableError(`${error.message} Check the region and the function's rights.`, {
    code: error.code,
    cause: thrown,
  });
}

function batchRequest(recognizer: string, request: TranscriptionRequest) {
  return {
    recognizer,
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

async function checkOperation(ready: () => Promise<SpeechClient>, name: string): Promise<TranscriptionProgress> {
  try {
    const operation = await (await ready()).checkBatchRecognizeProgress(name);
    const { done, error, result } = parseAnswer(API, batchOperation, {
      done: operation.done,
      error: operation.error ?? operation.latestResponse.error,
      result: operation.result,
    });
    if (!done) return { kind: "running" };
    if (error !== null) return { kind: "failed", reason: said(error.message) };
    const [file] = result;
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

async function recentOperations(client: SpeechClient, parent: string): Promise<string[]> {
  const names: string[] = [];
  // The generated type asks for a message instance where the client takes a plain one.
  const request = { name: parent, filter: "", pageSize: 100 } as Parameters<
    typeof client.operationsClient.listOperationsAsync
  >[0];
  for await (const { name } of client.operationsClient.listOperationsAsync(request)) {
    if (typeof name === "string") names.push(name);
    if (names.length >= MAX_OPERATIONS_SEARCHED) break;
  }
  return names;
}

const said = (message: string): string => `Speech-to-Text could not transcribe the recording: ${message}`;
