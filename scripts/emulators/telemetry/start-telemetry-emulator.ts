import type { Emulator, EmulatorClock, TokenAuthority } from "../rest/emulator.ts";
import { GoogleError } from "../rest/errors.ts";
import type { Call, Operation, Reply } from "../rest/operation.ts";
import { ok } from "../rest/operation.ts";
import type { RestServer } from "../rest/server.ts";
import { startRestServer } from "../rest/server.ts";
import { readSpans, type StoredSpan } from "./read-spans.ts";

export interface TelemetryEmulatorOptions {
  readonly port?: number;
  readonly authority: TokenAuthority;
  readonly clock: EmulatorClock;
  /** The project whose service accounts may write. */
  readonly projectId: string;
}

export interface TelemetryEmulator extends Emulator, Pick<RestServer, "faults" | "calls"> {
  /** Stored spans by their start, all or those of one trace. */
  spans(traceId?: string): readonly StoredSpan[];
}

interface State {
  readonly projectId: string;
  spans: StoredSpan[];
}

/** A soak makes a lot; the latest are kept. */
const KEPT_SPANS = 50_000;
const PROTOBUF = "application/x-protobuf";

/** Starts the Telemetry API (OTLP over HTTP), its part for traces. */
export async function startTelemetryEmulator(options: TelemetryEmulatorOptions): Promise<TelemetryEmulator> {
  const { authority, clock, projectId, port = 0 } = options;
  const state: State = { projectId, spans: [] };
  const server = await startRestServer<State>({
    ...{ name: "Telemetry", port, operations: [exportTraces], control: [listSpans], state, authority, clock },
    errorShape: "rpc",
    onReset: () => {
      state.spans = [];
    },
  });
  return { ...server, spans: (traceId) => sorted(state, traceId) };
}

const exportTraces: Operation<State> = {
  name: "traces.export",
  method: "POST",
  path: "/v1/traces",
  query: [],
  serviceAccounts: true,
  async run(call, state) {
    screenCaller(call, state);
    screenHeaders(call);
    state.spans.push(...readSpans(await call.rawBody(), state.projectId));
    if (state.spans.length > KEPT_SPANS) state.spans = state.spans.slice(-KEPT_SPANS);
    return EMPTY_RESPONSE;
  },
};

/** An ExportTraceServiceResponse without a partial success has no bytes. */
const EMPTY_RESPONSE: Reply = { status: 200, headers: { "content-type": PROTOBUF }, bytes: Buffer.alloc(0) };

const listSpans: Operation<State> = {
  name: "control.spans",
  method: "GET",
  path: "/emulator/spans",
  query: ["traceId"],
  anonymous: true,
  run: ({ query }, state) => {
    const spans = sorted(state, query.get("traceId") ?? undefined);
    // Nanoseconds since 1970 do not fit a JSON number: text, as in OTLP's JSON.
    const text = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);
    return ok(JSON.parse(JSON.stringify({ spans }, text)));
  },
};

function sorted({ spans }: State, traceId: string | undefined): readonly StoredSpan[] {
  return spans
    .filter((span) => traceId === undefined || span.traceId === traceId)
    .sort((a, b) => Number(a.startTimeUnixNano - b.startTimeUnixNano));
}

function screenCaller({ principal }: Call, { projectId }: State): void {
  const mayWrite =
    principal?.kind === "service_account" && principal.email.endsWith(`@${projectId}.iam.gserviceaccount.com`);
  if (mayWrite) return;
  throw new GoogleError(403, "forbidden", `Permission 'telemetry.traces.write' denied on project ${projectId}`);
}

function screenHeaders({ headers }: Call): void {
  const type = headers.get("content-type");
  const encoding = headers.get("content-encoding") ?? "identity";
  if (type === PROTOBUF && encoding === "identity") return;
  throw new GoogleError(415, "unsupportedMediaType", `This emulator reads ${PROTOBUF}, not ${type} (${encoding}).`);
}
