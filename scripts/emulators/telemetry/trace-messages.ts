import type { MessageType } from "./protobuf-message.ts";

/** opentelemetry/proto/collector/trace/v1/trace_service.proto and what it is made of; `reserved` fields are absent. */

const keyValue: { [number: number]: MessageType[number] } = { 1: { name: "key", type: "string" } };
const anyValue: MessageType = {
  1: { name: "string", type: "string" },
  2: { name: "bool", type: "bool" },
  3: { name: "int", type: "int" },
  4: { name: "double", type: "double" },
  5: { name: "array", type: { 1: { name: "values", type: "bytes", repeated: true } } },
  6: { name: "list", type: { 1: { name: "values", type: keyValue, repeated: true } } },
  7: { name: "bytes", type: "bytes" },
};
keyValue[2] = { name: "value", type: anyValue };

const attributes = (number: number): MessageType => ({
  [number]: { name: "attributes", type: keyValue, repeated: true },
  [number + 1]: { name: "droppedAttributesCount", type: "uint" },
});

const event: MessageType = {
  1: { name: "time", type: "fixed64" },
  2: { name: "name", type: "string" },
  ...attributes(3),
};

const link: MessageType = {
  1: { name: "traceId", type: "bytes" },
  2: { name: "spanId", type: "bytes" },
  3: { name: "traceState", type: "string" },
  ...attributes(4),
  6: { name: "flags", type: "fixed32" },
};

const span: MessageType = {
  1: { name: "traceId", type: "bytes" },
  2: { name: "spanId", type: "bytes" },
  3: { name: "traceState", type: "string" },
  4: { name: "parentSpanId", type: "bytes" },
  5: { name: "name", type: "string" },
  6: { name: "kind", type: "uint" },
  7: { name: "startTime", type: "fixed64" },
  8: { name: "endTime", type: "fixed64" },
  ...attributes(9),
  11: { name: "events", type: event, repeated: true },
  12: { name: "droppedEventsCount", type: "uint" },
  13: { name: "links", type: link, repeated: true },
  14: { name: "droppedLinksCount", type: "uint" },
  15: { name: "status", type: { 2: { name: "message", type: "string" }, 3: { name: "code", type: "uint" } } },
  16: { name: "flags", type: "fixed32" },
};

const scopeSpans: MessageType = {
  1: {
    name: "scope",
    type: { 1: { name: "name", type: "string" }, 2: { name: "version", type: "string" }, ...attributes(3) },
  },
  2: { name: "spans", type: span, repeated: true },
  3: { name: "schemaUrl", type: "string" },
};

const resourceSpans: MessageType = {
  1: { name: "resource", type: attributes(1) },
  2: { name: "scopeSpans", type: scopeSpans, repeated: true },
  3: { name: "schemaUrl", type: "string" },
};

/** ExportTraceServiceRequest. */
export const exportRequest: MessageType = { 1: { name: "resourceSpans", type: resourceSpans, repeated: true } };
