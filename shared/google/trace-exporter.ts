import type { TracingConfig } from "#contracts/environment.ts";
import { serviceAuth } from "#google/service-auth.ts";
import type { SpanExporter } from "#ports/span-exporter.ts";

/** All that writing spans needs; Google's client asks the metadata server for no more. */
const SCOPE = "trace.append";

/**
 * Spans to an OTLP receiver (Google's in a region: https://telemetry.REGION.rep.googleapis.com/v1/traces) over OpenTelemetry's own exporter,
 * as the function's service account. It is loaded, and the token fetched, when the first run begins: not at start-up.
 * Null without an endpoint.
 */
export function makeTraceExporter(service: string, config: TracingConfig): SpanExporter | null {
  const { TRACES_ENDPOINT: url, GOOGLE_CLOUD_PROJECT_ID: projectId, GOOGLE_CLOUD_REGION: region } = config;
  if (url === undefined) return null;
  const auth = serviceAuth(projectId, SCOPE);
  const headers = async (): Promise<Record<string, string>> => Object.fromEntries(await auth.getRequestHeaders());
  let loading: Promise<SpanExporter["export"]> | null = null;
  const load = (): Promise<SpanExporter["export"]> => {
    loading ??= import("./otlp-spans.ts").then(({ makeOtlpSender }) =>
      makeOtlpSender({ url, headers, projectId, service, region }),
    );
    return loading;
  };
  return {
    prepare: () => {
      if (loading === null) void Promise.all([load(), headers()]).catch(() => undefined);
    },
    export: async (spans) => (await load())(spans),
  };
}
