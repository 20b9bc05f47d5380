import type { EmulatorClock } from "../rest/emulator.ts";
import { GoogleError, notFound } from "../rest/errors.ts";
import { type Binding, PolicyHolder } from "../rest/iam-policy.ts";
import { type Blob, BlobStore } from "./blob-store.ts";
import type { EventType, NotificationConfig, NotificationSender } from "./notifications.ts";
import {
  checkHashes,
  checkPreconditions,
  type Preconditions,
  type StoredObject,
  type WritableMetadata,
} from "./object-resource.ts";
import type { ResumableSession } from "./resumable-session.ts";

export interface Bucket {
  readonly name: string;
  readonly location: string;
  readonly createdAt: Date;
  publicAccessPrevention: "enforced" | "inherited";
  readonly policy: PolicyHolder;
  readonly objects: Map<string, StoredObject>;
  readonly notifications: Map<string, NotificationConfig>;
}

/** A bucket that exists from the start, and again after a reset. */
export interface SeedBucket {
  readonly name: string;
  /** Topics told of every finalized object. */
  readonly location?: string;
  readonly publicAccessPrevention?: "enforced" | "inherited";
  readonly bindings?: readonly Binding[];
  readonly notifies?: readonly { readonly topicFullName: string; readonly eventTypes: readonly EventType[] }[];
}

export interface NewObject {
  readonly bucket: string;
  readonly name: string;
  readonly blob: Blob;
  readonly metadata: WritableMetadata;
  readonly preconditions: Preconditions;
  /** Base address for links in the resource. */
  readonly origin: string;
}

const BUCKET_NAME = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;

/** Buckets, objects and open uploads. */
export class StorageState {
  readonly blobs = new BlobStore();
  readonly buckets = new Map<string, Bucket>();
  readonly sessions = new Map<string, ResumableSession>();
  /** Received bytes after which the next resumable request is cut off; null when none is. */
  cutUploadAfterBytes: number | null = null;
  readonly notifications: NotificationSender;
  readonly #clock: EmulatorClock;
  #lastGeneration = 0n;
  #lastNotificationId = 0;

  constructor(clock: EmulatorClock, notifications: NotificationSender) {
    this.#clock = clock;
    this.notifications = notifications;
  }

  now(): Date {
    return this.#clock.now();
  }

  createBucket(name: string, location = "US-CENTRAL1"): Bucket {
    if (!BUCKET_NAME.test(name)) throw new GoogleError(400, "invalid", `Invalid bucket name: '${name}'`);
    if (this.buckets.has(name)) {
      throw new GoogleError(409, "conflict", "Your previous request to create the named bucket succeeded.");
    }
    const bucket: Bucket = {
      ...{ name, location, createdAt: this.now(), publicAccessPrevention: "inherited", policy: new PolicyHolder() },
      ...{ objects: new Map(), notifications: new Map() },
    };
    this.buckets.set(name, bucket);
    return bucket;
  }

  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (bucket === undefined) throw notFound("The specified bucket does not exist.");
    return bucket;
  }

  object(bucket: string, name: string): StoredObject {
    const object = this.bucket(bucket).objects.get(name);
    if (object === undefined) throw notFound(`No such object: ${bucket}/${name}`);
    return object;
  }

  addNotification(bucket: string, config: Omit<NotificationConfig, "id">): NotificationConfig {
    const added = { ...config, id: String(++this.#lastNotificationId) };
    this.bucket(bucket).notifications.set(added.id, added);
    return added;
  }

  /** Makes `blob` the live generation, tells the bucket's topics, and frees the generation it replaces. */
  async put({ bucket: bucketName, name, blob, metadata, preconditions, origin }: NewObject): Promise<StoredObject> {
    const bucket = this.bucket(bucketName);
    const previous = bucket.objects.get(name);
    try {
      checkPreconditions(preconditions, previous);
      checkHashes(metadata, blob);
    } catch (error) {
      await blob.delete();
      throw error;
    }
    const { name: _name, bucket: _bucket, crc32c: _crc32c, md5Hash: _md5Hash, ...attributes } = metadata;
    const now = this.now();
    const object: StoredObject = {
      bucket: bucketName,
      name,
      generation: this.#nextGeneration(now),
      metageneration: 1,
      blob,
      attributes,
      createdAt: now,
      updatedAt: now,
    };
    bucket.objects.set(name, object);
    const overwrote = previous === undefined ? {} : { overwroteGeneration: previous.generation };
    this.#tell(object, { type: "OBJECT_FINALIZE", origin, ...overwrote });
    if (previous !== undefined) {
      this.#tell(previous, { type: "OBJECT_DELETE", origin, overwrittenByGeneration: object.generation });
      await previous.blob.delete();
    }
    return object;
  }

  update(object: StoredObject, attributes: StoredObject["attributes"], origin: string): void {
    object.attributes = attributes;
    object.metageneration += 1;
    object.updatedAt = this.now();
    this.#tell(object, { type: "OBJECT_METADATA_UPDATE", origin });
  }

  async delete(object: StoredObject, origin: string): Promise<void> {
    this.bucket(object.bucket).objects.delete(object.name);
    this.#tell(object, { type: "OBJECT_DELETE", origin });
    await object.blob.delete();
  }

  async clear(): Promise<void> {
    const objects = [...this.buckets.values()].flatMap((bucket) => [...bucket.objects.values()]);
    const sessions = [...this.sessions.values()];
    this.buckets.clear();
    this.sessions.clear();
    this.cutUploadAfterBytes = null;
    this.notifications.clear();
    this.notifications.enabled = true;
    await Promise.all([...objects.map(({ blob }) => blob.delete()), ...sessions.map((session) => session.cancel())]);
  }

  #tell(
    object: StoredObject,
    event: { type: EventType; origin: string; overwroteGeneration?: bigint; overwrittenByGeneration?: bigint },
  ): void {
    const { origin, ...rest } = event;
    this.notifications.send(this.bucket(object.bucket).notifications.values(), { ...rest, object }, origin);
  }

  /** Google's generations are microseconds and always grow. */
  #nextGeneration(now: Date): bigint {
    const micros = BigInt(now.getTime()) * 1_000n;
    this.#lastGeneration = micros > this.#lastGeneration ? micros : this.#lastGeneration + 1n;
    return this.#lastGeneration;
  }
}
