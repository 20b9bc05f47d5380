import type { EmulatorClock, TokenAuthority } from "../rest/emulator.ts";
import { type RestServer, startRestServer } from "../rest/server.ts";
import { controlOperations, operations, SpeechState } from "./operations.ts";
import type { SpeechJob } from "./speech-job.ts";

export interface SpeechOptions {
  readonly port?: number;
  readonly authority: TokenAuthority;
  readonly clock: EmulatorClock;
  /** Where audio is read and results are written, over HTTP, so that any storage server serves. */
  readonly storageUrl: string;
  /** A token of Speech's service agent for that server. */
  readonly accessToken: () => string | Promise<string>;
}

export interface SpeechEmulator extends RestServer {
  /** Every job that was started and paid, by operation name. */
  readonly jobs: ReadonlyMap<string, SpeechJob>;
}

/** Starts Speech-to-Text v2 (REST): batchRecognize and its operations, for every location. */
export async function startSpeech(options: SpeechOptions): Promise<SpeechEmulator> {
  const { port, authority, clock, storageUrl, accessToken } = options;
  const state = new SpeechState({ endpoint: storageUrl, accessToken, clock });
  const server = await startRestServer<SpeechState>({
    name: "Speech-to-Text",
    ...(port === undefined ? {} : { port }),
    operations,
    control: controlOperations,
    state,
    authority,
    clock,
    errorShape: "rpc",
    onReset: () => state.clear(),
  });
  const stop = async (): Promise<void> => {
    state.clear();
    await server.stop();
  };
  return { ...server, jobs: state.jobs, stop };
}
