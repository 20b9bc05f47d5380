import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { FinishedSpan } from "#ports/span-exporter.ts";
import { type TestIdentity, useServiceAccount } from "#testing/application-default-credentials.ts";
import { scaledClock } from "../../scripts/emulators/rest/emulator.ts";
import {
  startTelemetryEmulator,
  type TelemetryEmulator,
} from "../../scripts/emulators/telemetry/start-telemetry-emulator.ts";
import { makeOtlpSender } from "./otlp-spans.ts";
import { makeTraceExporter } from "./trace-exporter.ts";

const PROJECT = "booking-insights-local";
const TRACE = "6f1c3c2e8a4b4c1d9e2f0123456789ab";

let identity: TestIdentity;
let telemetry: TelemetryEmulator;

beforeAll(async () => {
  identity = await useServiceAccount("process-booking", PROJECT);
  telemetry = await startTelemetryEmulator({ authority: identity.oauth, clock: scaledClock(1), projectId: PROJECT });
});
afterAll(() => Promise.all([telemetry?.stop(), identity?.stop()]));
beforeEach(() => {
  identity.assume();
  telemetry.reset();
});

const exporterFor = (endpoint: string | undefined, project = PROJECT) =>
  makeTraceExporter("process-booking", {
    ...{ TRACES_ENDPOINT: endpoint, TRACES_SAMPLED: 1 },
    ...{ GOOGLE_CLOUD_PROJECT_ID: project, GOOGLE_CLOUD_REGION: "us-central1" },
  });
const exporter = (project?: string) => exporterFor(`${telemetry.url}/v1/traces`, project);

const span: FinishedSpan = {
  ...{ traceId: TRACE, spanId: "00f067aa0ba902b7", parentSpanId: "9e2f0123456789ab", name: "process process-booking" },
  ...{ kind: "consumer", startedAtMs: 1_795_000_000_123.25, endedAtMs: 1_795_000_000_456.5 },
  ...{
    attributes: { "booking.id": "b", attempt: 2 },
    failure: "lease_held",
    link: { traceId: TRACE, spanId: "00f067aa0ba902b8" },
  },
};

describe("spans", () => {
  it("reach the trace store as the function's service account, with project, service, times and failure", async () => {
    await exporter()?.export([span]);
    expect(telemetry.spans()).toEqual([
      {
        ...{ traceId: TRACE, spanId: "00f067aa0ba902b7", parentSpanId: "9e2f0123456789ab" },
        ...{ name: "process process-booking", kind: "consumer", isError: true, statusMessage: "lease_held" },
        startTimeUnixNano: 1_795_000_000_123_250_000n,
        endTimeUnixNano: 1_795_000_000_456_500_000n,
        attributes: { "booking.id": "b", attempt: 2 },
        links: [{ traceId: TRACE, spanId: "00f067aa0ba902b8" }],
        resource: {
          "gcp.project_id": PROJECT,
          "service.name": "process-booking",
          "cloud.provider": "gcp",
          "cloud.platform": "gcp_cloud_run",
          "cloud.region": "us-central1",
        },
      },
    ]);
    const [call] = telemetry.calls.list();
    expect(call?.principal).toBe(`process-booking@${PROJECT}.iam.gserviceaccount.com`);
  });

  it("of many exports go over one preparation, which fails for nobody", async () => {
    const one = exporter();
    one?.prepare();
    one?.prepare();
    await Promise.all([one?.export([span]), one?.export([{ ...span, parentSpanId: null, link: null, failure: null }])]);
    expect(
      telemetry
        .spans()
        .map(({ parentSpanId, isError }) => [parentSpanId, isError])
        .sort(),
    ).toEqual([
      ["", false],
      ["9e2f0123456789ab", true],
    ]);
    exporterFor("http://127.0.0.1:9/v1/traces")?.prepare();
  });

  it("that a broken connection or a busy store did not take are sent again", async () => {
    telemetry.faults.add({ operation: "traces.export", kind: "drop_request" });
    telemetry.faults.add({ operation: "traces.export", kind: "status", status: 503 });
    await exporter()?.export([span]);
    expect(telemetry.spans()).toHaveLength(1);
  });

  it.each([
    ["the store is down", { kind: "status", status: 500 } as const, "500"],
    ["the store is busy", { kind: "status", status: 503 } as const, "no answer"],
    ["the store is silent", { kind: "delay", delayMs: 5_000 } as const, "no answer"],
    ["the connection breaks", { kind: "drop_request" } as const, "ECONNRESET"],
  ])("that are not taken because %s are thrown with a word and no content", async (_what, fault, word) => {
    telemetry.faults.add({ operation: "traces.export", times: 9, ...fault });
    const token = identity.oauth.accessToken(`process-booking@${PROJECT}.iam.gserviceaccount.com`).token;
    const send = makeOtlpSender({
      ...{ url: `${telemetry.url}/v1/traces`, timeoutMs: 300, projectId: PROJECT, service: "f", region: "us-central1" },
      headers: async () => ({ authorization: `Bearer ${token}` }),
    });
    await expect(send([span])).rejects.toThrow(`spans were not taken: ${word}`);
  });

  it("of another project are refused, and no other word is repeated", async () => {
    await expect(exporter("other-project")?.export([span])).rejects.toThrow(/^spans were not taken: 403$/);
  });

  it("go nowhere without an endpoint", () => {
    expect(exporterFor(undefined)).toBeNull();
  });
});
