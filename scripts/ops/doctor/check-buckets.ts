import { type Bucket, buckets } from "#topology/buckets.ts";
import { shell } from "./commands.ts";
import { type Check, fail, pass, type Verdict } from "./finding.ts";
import { type GoogleContext, googleCheck, projectFlag, topicPath } from "./google-context.ts";
import { judgePublic, type Policy } from "./policy.ts";
import { deployCommand } from "./target.ts";

const declared: readonly Bucket[] = buckets;

/** Each bucket: where it is, that nobody can open it to the public, and whom it tells of new objects. */
export function bucketChecks(context: GoogleContext): Check[] {
  return declared.flatMap((bucket) => [
    googleCheck(`bucket ${bucket.name}`, () => judgeBucket(bucket, context)),
    googleCheck(`bucket ${bucket.name} is closed to the public`, () => judgeClosed(bucket, context)),
    googleCheck(`notification of ${bucket.name}`, () => judgeNotification(bucket, context)),
  ]);
}

const nameOf = ({ target }: GoogleContext, { name }: Bucket): string => `${target.projectId}-${name}`;

const missing = ({ target }: GoogleContext): Verdict => fail("does not exist", "Deploy.", deployCommand(target));

async function judgeBucket(bucket: Bucket, context: GoogleContext): Promise<Verdict> {
  const { target, facts } = context;
  const present = await facts.bucket(nameOf(context, bucket));
  if (present === null) return missing(context);
  const location = present.location?.toLowerCase();
  if (location === target.region) return pass(`its objects stay in ${target.region}`);
  const mend = `A bucket cannot be moved: take what is needed out of it, delete it, and deploy.`;
  return fail(`is in ${location}, not in ${target.region}`, mend, deployCommand(target));
}

async function judgeClosed(bucket: Bucket, context: GoogleContext): Promise<Verdict> {
  const name = nameOf(context, bucket);
  const present = await context.facts.bucket(name);
  if (present === null) return missing(context);
  const resource = `gs://${name}`;
  const { publicAccessPrevention, uniformBucketLevelAccess } = present.iamConfiguration ?? {};
  if (publicAccessPrevention !== "enforced" || uniformBucketLevelAccess?.enabled !== true) {
    const flags = ["--public-access-prevention", "--uniform-bucket-level-access"];
    const command = shell("gcloud", "storage", "buckets", "update", resource, ...flags);
    return fail("could be opened to the public", "Forbid it.", command);
  }
  const policy = (await context.facts.bucketPolicy(name)) as Policy | null;
  const isOpen = policy === null ? null : judgePublic(policy, { group: ["storage", "buckets"], resource });
  return isOpen ?? pass("public access is prevented");
}

async function judgeNotification(bucket: Bucket, context: GoogleContext): Promise<Verdict> {
  const { target, facts } = context;
  const present = await facts.notifications(nameOf(context, bucket));
  if (present === null) return missing(context);
  const topic = topicPath(target, bucket.notifies.topic);
  const tells = (present.items ?? []).some(
    (config) =>
      config.topic === `//pubsub.googleapis.com/${topic}` &&
      config.payload_format === "JSON_API_V1" &&
      !config.object_name_prefix &&
      bucket.notifies.eventTypes.every((type) => !config.event_types?.length || config.event_types.includes(type)),
  );
  if (tells) return pass(`tells ${bucket.notifies.topic} of new objects`);
  const command = shell(
    ...["gcloud", "storage", "buckets", "notifications", "create", `gs://${nameOf(context, bucket)}`],
    ...[`--topic=${topic}`, `--event-types=${bucket.notifies.eventTypes.join(",")}`, "--payload-format=json"],
    projectFlag(target),
  );
  return fail(
    `does not tell ${bucket.notifies.topic}: finished transcriptions wait for keep-watch`,
    "Create it.",
    command,
  );
}
