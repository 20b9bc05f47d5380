import { functions } from "#topology/functions.ts";
import { meetPublisher, type Topic, topics } from "#topology/topics.ts";
import { shell } from "./commands.ts";
import { type Check, fail, pass, type Verdict } from "./finding.ts";
import { type GoogleContext, googleCheck, memberOf, projectFlag, pubsubAgent, topicPath } from "./google-context.ts";
import { judgeGrants, judgePublic } from "./policy.ts";
import { deployCommand } from "./target.ts";

const PUBLISHER = "roles/pubsub.publisher";
const declared: readonly Topic[] = topics;

/** Topics, who publishes to them, and where their undeliverable messages end. */
export function topicChecks(context: GoogleContext): Check[] {
  return declared.flatMap((topic) => [
    googleCheck(`topic ${topic.name}`, () => judgeTopic(topic.name, context)),
    googleCheck(`publishers of ${topic.name}`, async () =>
      judgePublishers(topic.name, await publishersOf(topic, context), context),
    ),
    googleCheck(`topic ${topic.deadLetterTopic}`, () => judgeTopic(topic.deadLetterTopic, context)),
    googleCheck(`publishers of ${topic.deadLetterTopic}`, async () =>
      judgePublishers(topic.deadLetterTopic, [await pubsubAgent(context)], context),
    ),
    googleCheck(`subscription ${topic.deadLetterTopic}`, () => judgeDeadLetters(topic.deadLetterTopic, context)),
  ]);
}

async function judgeTopic(name: string, { target, facts }: GoogleContext): Promise<Verdict> {
  const topic = await facts.topic(name);
  if (topic === null) return fail("does not exist", "Deploy.", deployCommand(target));
  const regions = topic.messageStoragePolicy?.allowedPersistenceRegions ?? [];
  if (regions.length === 1 && regions[0] === target.region) return pass(`its messages stay in ${target.region}`);
  const where = regions.length === 0 ? "anywhere" : `in ${regions.join(", ")}`;
  const flag = `--message-storage-policy-allowed-regions=${target.region}`;
  const command = shell("gcloud", "pubsub", "topics", "update", name, projectFlag(target), flag);
  return fail(`its messages are kept ${where}`, `Keep them in ${target.region}.`, command);
}

async function publishersOf({ publishers }: Topic, { target, facts }: GoogleContext): Promise<string[]> {
  const relays = functions.filter(({ apis }) => apis.some((api) => api === "pubsub"));
  const members = {
    meet: async () => [meetPublisher],
    storage: async () => [`serviceAccount:${await facts.storageAgent()}`],
    relay: async () => relays.map(({ name }) => memberOf(target, name)),
  };
  return (await Promise.all(publishers.map((publisher) => members[publisher]()))).flat();
}

async function judgePublishers(name: string, members: readonly string[], { target, facts }: GoogleContext) {
  const policy = await facts.topicPolicy(name);
  if (policy === null) return fail("the topic does not exist", "Deploy.", deployCommand(target));
  const on = { group: ["pubsub", "topics"], resource: name, flags: [projectFlag(target)] };
  const isOpen = judgePublic(policy, on);
  if (isOpen !== null) return isOpen;
  const wanted = members.map((member) => ({ role: PUBLISHER, member }));
  return judgeGrants([policy, await facts.projectPolicy()], wanted, {
    on,
    why: "without it nothing arrives, and nobody is told.",
  });
}

/** Without a subscription the dead letter topic forgets what it is given. */
async function judgeDeadLetters(name: string, { target, facts }: GoogleContext): Promise<Verdict> {
  const subscription = await facts.subscription(name);
  const flags = [projectFlag(target), "--expiration-period=never"];
  if (subscription === null) {
    const command = shell("gcloud", "pubsub", "subscriptions", "create", name, `--topic=${name}`, ...flags);
    return fail("does not exist: dead letters are lost", "Create it.", `${command} --ack-deadline=60`);
  }
  if (subscription.topic !== topicPath(target, name)) {
    const command = shell("gcloud", "pubsub", "subscriptions", "delete", name, projectFlag(target));
    return fail(
      `belongs to ${subscription.topic}`,
      "Delete it, then deploy.",
      `${command} && ${deployCommand(target)}`,
    );
  }
  if (subscription.expirationPolicy?.ttl) {
    const command = shell("gcloud", "pubsub", "subscriptions", "update", name, ...flags);
    return fail(`is deleted after ${subscription.expirationPolicy.ttl} without use`, "Let it live.", command);
  }
  return pass("keeps what cannot be delivered");
}
