import { z } from "zod";
import type { EmulatorClock, TokenAuthority } from "../rest/emulator.ts";
import type { Permits } from "../rest/iam-policy.ts";
import { type Operation, ok, withBody } from "../rest/operation.ts";
import { type RestServer, startRestServer } from "../rest/server.ts";
import { accessOperations } from "./access-operations.ts";
import { bucketOperations } from "./bucket-operations.ts";
import { NotificationSender, type Publish } from "./notifications.ts";
import { objectOperations } from "./object-operations.ts";
import { type SeedBucket, StorageState } from "./storage-state.ts";
import { uploadOperations } from "./upload-operations.ts";

export interface StorageOptions {
  readonly port?: number;
  readonly authority: TokenAuthority;
  readonly clock: EmulatorClock;
  /** Puts bucket notifications on Pub/Sub; without it buckets notify nobody. */
  readonly publish?: Publish;
  /** Buckets that exist from the start, and again after a reset. */
  readonly buckets?: readonly SeedBucket[];
  /** Who may look at buckets and their policies and change them, by the project's policy; default every service account. */
  readonly permits?: Permits;
  /** Names the service agent that publishes notifications. */
  readonly projectNumber?: string;
}

export interface StorageEmulator extends RestServer {
  readonly state: StorageState;
}

/** Starts Cloud Storage's JSON API. `stop()` removes every stored byte. */
export async function startStorage(options: StorageOptions): Promise<StorageEmulator> {
  const {
    port,
    authority,
    clock,
    publish,
    buckets = [],
    permits = () => true,
    projectNumber = "100000000001",
  } = options;
  const state = new StorageState(clock, new NotificationSender(publish ?? (() => undefined), clock));
  const seed = (): void => buckets.forEach((bucket) => void seedBucket(state, bucket));
  seed();
  const server = await startRestServer<StorageState>({
    name: "storage",
    ...(port === undefined ? {} : { port }),
    operations: [
      ...uploadOperations,
      ...objectOperations,
      ...accessOperations({ permits, projectNumber }),
      ...bucketOperations,
    ],
    control: controlOperations,
    state,
    authority,
    clock,
    onReset: () => {
      void state.clear();
      seed();
    },
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    await state.clear();
    state.blobs.remove();
  };
  return { ...server, state, stop };
}

function seedBucket(state: StorageState, seed: SeedBucket): void {
  const { name, location, publicAccessPrevention = "inherited", bindings = [], notifies = [] } = seed;
  const bucket = state.createBucket(name, location?.toUpperCase());
  bucket.publicAccessPrevention = publicAccessPrevention;
  for (const { role, members } of bindings) for (const member of members) bucket.policy.grant(role, member);
  for (const { topicFullName, eventTypes } of notifies) {
    const topic = `//pubsub.googleapis.com/${topicFullName}`;
    state.addNotification(name, { topic, payload_format: "JSON_API_V1", event_types: [...eventTypes] });
  }
}

const control = { query: [], anonymous: true } as const;
const switchSchema = z.strictObject({ enabled: z.boolean() });
const cutSchema = z.strictObject({ afterBytes: z.int().nonnegative() });

const controlOperations: readonly Operation<StorageState>[] = [
  {
    ...control,
    name: "control.notifications",
    method: "PUT",
    path: "/emulator/notifications",
    ...withBody<StorageState, typeof switchSchema>(switchSchema, ({ enabled }, _call, state) => {
      state.notifications.enabled = enabled;
      return ok({ enabled });
    }),
  },
  {
    ...control,
    name: "control.expireSessions",
    method: "POST",
    path: "/emulator/sessions/expire",
    run(_call, state) {
      for (const session of state.sessions.values()) session.expire();
      return ok({ expired: state.sessions.size });
    },
  },
  {
    ...control,
    name: "control.cutUpload",
    method: "POST",
    path: "/emulator/uploads/cut",
    ...withBody<StorageState, typeof cutSchema>(cutSchema, ({ afterBytes }, _call, state) => {
      state.cutUploadAfterBytes = afterBytes;
      return ok({ afterBytes });
    }),
  },
];
