import { functions } from "../topology/functions.ts";
import { asText, at, eachResource, firstProblem, type Policy, type Resource } from "./policy.ts";

/** Where a subscription is the end of the line: dead letters wait there for a person. */
const isDeadLetterSubscription = ({ attributes }: Resource): boolean =>
  attributes["push_config"] === undefined && asText(attributes["name"]).endsWith("-dead-letter");

function deliveryProblem(resource: Resource): string | null {
  const { attributes } = resource;
  const ack = Number(attributes["ack_deadline_seconds"]);
  const attempts = Number(at(attributes, "dead_letter_policy", "max_delivery_attempts"));
  const last = isDeadLetterSubscription(resource);
  return firstProblem([
    [at(attributes, "expiration_policy", "ttl") !== "", "expires after a quiet month: set an empty ttl"],
    [at(attributes, "retry_policy", "minimum_backoff") === undefined, "retries without a back-off"],
    [!(ack >= 10 && ack <= 600), "has no acknowledgement deadline of 10 to 600 s"],
    [!last && at(attributes, "dead_letter_policy", "dead_letter_topic") === undefined, "has no dead letter topic"],
    [!last && !(attempts >= 5 && attempts <= 100), "does not say after how many attempts, 5 to 100, it gives up"],
  ]);
}

function pushProblem({ attributes }: Resource): string | null {
  if (attributes["push_config"] === undefined) return null;
  const token = at(attributes, "push_config", "oidc_token");
  return firstProblem([
    [asText(at(token, "service_account_email")) === "", "pushes without a signed token"],
    [asText(at(token, "audience")) === "", "pushes tokens without an audience"],
    [!asText(at(attributes, "push_config", "push_endpoint")).startsWith("https://"), "pushes in plain text"],
  ]);
}

export const messagingPolicies: readonly Policy[] = [
  {
    name: "messages-are-not-lost",
    covers: [],
    check: eachResource(/^google_pubsub_subscription$/, deliveryProblem),
  },
  { name: "pushes-are-signed", covers: [], check: eachResource(/^google_pubsub_subscription$/, pushProblem) },
  {
    name: "every-dead-letter-topic-is-read",
    covers: [],
    check: ({ resources }) => {
      const subscribed = resources.filter(({ type }) => type === "google_pubsub_subscription").map(topicOf);
      return resources
        .filter(({ type, attributes }) => type === "google_pubsub_topic" && isDeadLetterTopic(attributes))
        .filter(({ address }) => !subscribed.includes(`\${${address}.id}`))
        .map((resource) => ({ resource, problem: "has no subscription: what it is given is lost" }));
    },
  },
  {
    name: "schedules-are-signed",
    covers: [],
    check: eachResource(/^google_cloud_scheduler_job$/, ({ attributes }) => {
      const token = at(attributes, "http_target", "oidc_token");
      const signed = asText(at(token, "service_account_email")) !== "" && asText(at(token, "audience")) !== "";
      return signed ? null : "calls without a signed token and an audience";
    }),
  },
  {
    name: "functions-are-in-the-topology",
    covers: [],
    check: eachResource(/^google_cloudfunctions2_function$/, ({ attributes }) => {
      const known = functions.some(({ name }) => name === attributes["name"]);
      const runtime = at(attributes, "build_config", "runtime");
      return firstProblem([
        [!known, "is not in the topology"],
        [runtime !== "nodejs24", `runs on ${String(runtime)}, the project on nodejs24`],
      ]);
    }),
  },
];

const topicOf = ({ attributes }: Resource): string => asText(attributes["topic"]);
const isDeadLetterTopic = (attributes: Resource["attributes"]): boolean =>
  asText(attributes["name"]).endsWith("-dead-letter");
