import { z } from "zod";
import type { Delivery } from "#contracts/delivery.ts";
import { isUuid } from "#kernel/ids.ts";
import { PermanentError } from "#kernel/verdicts.ts";

/** Where Speech writes: `transcription/<recording>/<chunk>/<name>.json`. */
export const TRANSCRIPTION_PREFIX = "transcription/";

/** What a message on `storage-events` asks for. */
export type StorageRequest =
  /** A result file is there; `eager` when we ask ourselves and want speakers looked up again. */
  | { readonly kind: "transcription"; readonly recordingId: string; readonly eager: boolean }
  | { readonly kind: "foreign"; readonly reason: string };

const finished = z.looseObject({ recordingId: z.uuid().toLowerCase() });

/**
 * Reads a bucket notification (attributes `bucketId`, `objectId`, `eventType`) or our own
 * `kind: transcription.finished`. Other buckets, prefixes and events are foreign: normal, nothing to do.
 */
export function readStorageEvent(delivery: Pick<Delivery, "attributes" | "data">, bucket: string): StorageRequest {
  const { kind, bucketId, objectId, eventType } = delivery.attributes;
  if (kind === "transcription.finished") {
    const own = finished.safeParse(delivery.data);
    if (!own.success) throw new PermanentError("the message names no recording", { code: "bad_storage_event" });
    return { kind: "transcription", recordingId: own.data.recordingId, eager: true };
  }
  if (bucketId !== bucket) return foreign("another bucket");
  if (eventType !== undefined && eventType !== "OBJECT_FINALIZE") return foreign(`event ${eventType.slice(0, 40)}`);
  if (objectId === undefined || !objectId.startsWith(TRANSCRIPTION_PREFIX)) return foreign("another prefix");
  const [, recordingId = "", chunk = "", name = ""] = objectId.split("/");
  if (!isUuid(recordingId) || !/^\d{1,4}$/.test(chunk) || !name.endsWith(".json")) {
    return foreign("not a result file");
  }
  return { kind: "transcription", recordingId, eager: false };
}

const foreign = (reason: string): StorageRequest => ({ kind: "foreign", reason });
