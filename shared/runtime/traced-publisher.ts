import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { formatTraceparent, isSampledTrace, rootSpanOf, traceOfBooking } from "#kernel/trace.ts";
import type { OutboxMessage, Publisher } from "#ports/publisher.ts";
import type { FinishedSpan } from "#ports/span-exporter.ts";
import { presentRun } from "#runtime/run-context.ts";

type PresentRun = NonNullable<ReturnType<typeof presentRun>>;

/** A message of a booking, and the span that stands for its way from the row to Pub/Sub. */
interface Departure {
  readonly message: OutboxMessage;
  readonly traceId: string;
  readonly spanId: string;
}

/** The attribute in which Google's own Pub/Sub clients hand a trace on. */
export const TRACEPARENT_ATTRIBUTE = "googclient_traceparent";

/**
 * Sends each message on with its booking's trace. Its span reaches from the commit of the row to Pub/Sub's answer, so
 * that the wait in the outbox is seen; the first message of a booking is what its trace begins with.
 */
export function makeTracedPublisher(publisher: Publisher): Publisher {
  return {
    publish: async (messages) => {
      const run = presentRun();
      if (run === null) return await publisher.publish(messages);
      const departures = new Map(messages.map((message) => [message.id, departureOf(message)]));
      const result = await publisher.publish(messages.map((message) => sent(message, departures.get(message.id), run)));
      const refused = result.failed.filter(({ permanent }) => permanent);
      for (const id of result.published) collect(run, departures.get(id), null);
      for (const { id } of refused) collect(run, departures.get(id), "publish_refused");
      return result;
    },
  };
}

function departureOf(message: OutboxMessage): Departure | null {
  const traceId = message.bookingId === null ? null : traceOfBooking(message.bookingId);
  if (traceId === null) return null;
  return { message, traceId, spanId: message.isFirst ? rootSpanOf(traceId) : randomBytes(8).toString("hex") };
}

function sent(message: OutboxMessage, departure: Departure | null | undefined, run: PresentRun): OutboxMessage {
  if (departure == null) return message;
  const isSampled = isSampledTrace(departure.traceId, run.sampled);
  const traceparent = formatTraceparent({ ...departure, isSampled });
  return { ...message, attributes: { ...message.attributes, [TRACEPARENT_ATTRIBUTE]: traceparent } };
}

function collect(run: PresentRun, departure: Departure | null | undefined, failure: string | null): void {
  if (departure == null || !isSampledTrace(departure.traceId, run.sampled)) return;
  run.collect(spanOf(run, departure, failure));
}

function spanOf(run: PresentRun, { message, traceId, spanId }: Departure, failure: string | null): FinishedSpan {
  const endedAtMs = run.zeroMs + performance.now();
  return {
    ...{ traceId, spanId, failure, endedAtMs, kind: "producer", name: `publish ${message.topic}` },
    parentSpanId: message.isFirst ? null : rootSpanOf(traceId),
    // The row's time is the database's; its clock may be a little ahead of ours.
    startedAtMs: Math.min(message.createdAt?.getTime() ?? endedAtMs, endedAtMs),
    attributes: {
      "messaging.system": "gcp_pubsub",
      "messaging.operation.name": "publish",
      "messaging.operation.type": "send",
      "messaging.destination.name": message.topic,
      "outbox.id": message.id,
      ...(message.bookingId !== null && { "booking.id": message.bookingId }),
    },
    link: { traceId: run.traceId, spanId: run.spanId },
  };
}
