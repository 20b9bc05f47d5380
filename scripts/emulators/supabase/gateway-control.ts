import type { IncomingMessage, ServerResponse } from "node:http";
import { json as readJson } from "node:stream/consumers";
import type { CallLog } from "../rest/call-log.ts";
import { type FaultList, faultSchema } from "../rest/faults.ts";

/** What control calls look at and change. */
export interface GatewayState {
  readonly faults: FaultList;
  readonly calls: CallLog;
  reset(): void;
}

const supported = new Set(["status", "delay", "drop_request", "drop_reply"]);

/** The control calls of every emulator (`scripts/emulators/rest`), without keys, faults or a record. */
export async function controlCall(state: GatewayState, request: IncomingMessage, response: ServerResponse) {
  const reply = await run(state, request);
  response.writeHead(reply.status, { "content-type": "application/json" }).end(JSON.stringify(reply.json));
}

async function run(state: GatewayState, request: IncomingMessage): Promise<{ status: number; json: unknown }> {
  switch (`${request.method} ${request.url}`) {
    case "POST /emulator/faults": {
      const fault = faultSchema.safeParse(await readJson(request).catch(() => null));
      if (!fault.success) return { status: 400, json: { message: fault.error.message } };
      if (!supported.has(fault.data.kind)) return { status: 400, json: { message: `no ${fault.data.kind} here` } };
      state.faults.add(fault.data);
      return { status: 200, json: fault.data };
    }
    case "DELETE /emulator/faults":
      state.faults.clear();
      return { status: 200, json: {} };
    case "GET /emulator/calls":
      return { status: 200, json: state.calls };
    case "POST /emulator/reset":
      state.reset();
      return { status: 200, json: {} };
    default:
      return { status: 501, json: { message: `${request.method} ${request.url} is not a control call` } };
  }
}
