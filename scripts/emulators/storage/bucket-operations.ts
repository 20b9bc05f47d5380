import { z } from "zod";
import { GoogleError, notFound } from "../rest/errors.ts";
import type { Operation } from "../rest/operation.ts";
import { ok, withBody } from "../rest/operation.ts";
import { type NotificationConfig, notificationConfigSchema } from "./notifications.ts";
import type { Bucket, StorageState } from "./storage-state.ts";

export const BUCKET_PATH = "/storage/v1/b/:bucket";
const NOTIFICATIONS_PATH = `${BUCKET_PATH}/notificationConfigs`;
export const READ_PARAMETERS = ["projection", "userProject", "ifMetagenerationMatch", "ifMetagenerationNotMatch"];

const newBucketSchema = z.strictObject({
  name: z.string(),
  location: z.string().optional(),
  storageClass: z.string().optional(),
  // Accepted, since the client and Terraform send them; none has an effect here.
  iamConfiguration: z.looseObject({}).optional(),
  lifecycle: z.looseObject({}).optional(),
  labels: z.record(z.string(), z.string()).optional(),
});

/** Buckets and their notification configurations. */
export const bucketOperations: readonly Operation<StorageState>[] = [
  {
    name: "buckets.insert",
    method: "POST",
    path: "/storage/v1/b",
    query: ["project", "projection", "userProject"],
    serviceAccounts: true,
    ...withBody<StorageState, typeof newBucketSchema>(newBucketSchema, ({ name, location }, call, state) => {
      if (call.query.get("project") === null) throw new GoogleError(400, "required", "Required parameter: project");
      return ok(bucketResource(state.createBucket(name, location?.toUpperCase()), call.url.origin));
    }),
  },
  {
    name: "buckets.get",
    method: "GET",
    path: BUCKET_PATH,
    query: READ_PARAMETERS,
    serviceAccounts: true,
    run: (call, state) => ok(bucketResource(state.bucket(call.params["bucket"] ?? ""), call.url.origin)),
  },
  {
    name: "buckets.list",
    method: "GET",
    path: "/storage/v1/b",
    query: ["project", "prefix", "projection", "userProject"],
    serviceAccounts: true,
    run(call, state) {
      const named = [...state.buckets.values()].filter(({ name }) => name.startsWith(call.query.get("prefix") ?? ""));
      const items = named.map((bucket) => bucketResource(bucket, call.url.origin));
      return ok({ kind: "storage#buckets", items: items.sort((a, b) => (a.id < b.id ? -1 : 1)) });
    },
  },
  {
    name: "buckets.delete",
    method: "DELETE",
    path: BUCKET_PATH,
    query: READ_PARAMETERS,
    serviceAccounts: true,
    run(call, state) {
      const bucket = state.bucket(call.params["bucket"] ?? "");
      if (bucket.objects.size > 0)
        throw new GoogleError(409, "conflict", "The bucket you tried to delete is not empty.");
      state.buckets.delete(bucket.name);
      return { status: 204 };
    },
  },
  {
    name: "notifications.insert",
    method: "POST",
    path: NOTIFICATIONS_PATH,
    query: ["userProject"],
    serviceAccounts: true,
    ...withBody<StorageState, typeof notificationConfigSchema>(notificationConfigSchema, (config, call, state) => {
      const bucket = call.params["bucket"] ?? "";
      return ok(notificationResource(state.addNotification(bucket, config), bucket));
    }),
  },
  {
    name: "notifications.list",
    method: "GET",
    path: NOTIFICATIONS_PATH,
    query: ["userProject"],
    serviceAccounts: true,
    run(call, state) {
      const { name, notifications } = state.bucket(call.params["bucket"] ?? "");
      const items = [...notifications.values()].map((config) => notificationResource(config, name));
      return ok({ kind: "storage#notifications", ...(items.length === 0 ? {} : { items }) });
    },
  },
  {
    name: "notifications.delete",
    method: "DELETE",
    path: `${NOTIFICATIONS_PATH}/:id`,
    query: ["userProject"],
    serviceAccounts: true,
    run(call, state) {
      const { notifications } = state.bucket(call.params["bucket"] ?? "");
      if (!notifications.delete(call.params["id"] ?? "")) throw notFound("No such notification configuration.");
      return { status: 204 };
    },
  },
];

export function bucketResource({ name, location, createdAt, publicAccessPrevention }: Bucket, origin: string) {
  return {
    kind: "storage#bucket",
    id: name,
    selfLink: `${origin}/storage/v1/b/${name}`,
    name,
    location,
    locationType: /-/.test(location) ? "region" : "multi-region",
    storageClass: "STANDARD",
    iamConfiguration: { publicAccessPrevention, uniformBucketLevelAccess: { enabled: true } },
    metageneration: "1",
    timeCreated: createdAt.toISOString(),
    updated: createdAt.toISOString(),
  };
}

function notificationResource(config: NotificationConfig, bucket: string): Record<string, unknown> {
  return {
    kind: "storage#notification",
    ...config,
    selfLink: `/storage/v1/b/${bucket}/notificationConfigs/${config.id}`,
  };
}
