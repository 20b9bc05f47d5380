import protos from "@google-cloud/pubsub-api/build/protos/protos.js";
import { withMaskedFields } from "./field-mask.ts";
import type { GrpcOperation } from "./grpc-operation.ts";
import { operation } from "./grpc-operation.ts";
import { pageOf } from "./page.ts";
import { acceptedMessages } from "./published-message.ts";
import { requireName, requireProject } from "./resource-names.ts";

const { protobuf, pubsub } = protos.google;
const { v1 } = pubsub;

const service = "Publisher";
const UPDATABLE = { labels: "labels", message_retention_duration: "messageRetentionDuration" } as const;

/** google.pubsub.v1.Publisher, snapshots and detach left out. */
export const publisherOperations: readonly GrpcOperation[] = [
  operation({
    service,
    name: "CreateTopic",
    request: v1.Topic,
    response: v1.Topic,
    run: (topic, { broker }) => broker.createTopic({ ...topic, name: requireName(topic.name, "topics") }),
  }),
  operation({
    service,
    name: "UpdateTopic",
    request: v1.UpdateTopicRequest,
    response: v1.Topic,
    run({ topic: patch, updateMask: mask }, { broker }) {
      const topic = broker.topic(requireName(patch?.name, "topics"));
      topic.proto = withMaskedFields(topic.proto, patch ?? {}, { mask, fields: UPDATABLE });
      return topic.proto;
    },
  }),
  operation({
    service,
    name: "Publish",
    request: v1.PublishRequest,
    response: v1.PublishResponse,
    run(request, { broker }) {
      const topic = requireName(request.topic, "topics");
      broker.topic(topic);
      return { messageIds: broker.publish(topic, acceptedMessages(request.messages)) };
    },
  }),
  operation({
    service,
    name: "GetTopic",
    request: v1.GetTopicRequest,
    response: v1.Topic,
    run: (request, { broker }) => broker.topic(requireName(request.topic, "topics")).proto,
  }),
  operation({
    service,
    name: "ListTopics",
    request: v1.ListTopicsRequest,
    response: v1.ListTopicsResponse,
    run(request, { broker }) {
      const prefix = `${requireProject(request.project)}/`;
      const topics = broker.topics().map((topic) => topic.proto);
      const { items, nextPageToken } = pageOf(
        topics.filter((topic) => topic.name?.startsWith(prefix)),
        request,
      );
      return { topics: items, nextPageToken };
    },
  }),
  operation({
    service,
    name: "ListTopicSubscriptions",
    request: v1.ListTopicSubscriptionsRequest,
    response: v1.ListTopicSubscriptionsResponse,
    run(request, { broker }) {
      const name = requireName(request.topic, "topics");
      broker.topic(name);
      const names = broker.subscriptionsOf(name).map((subscription) => subscription.name);
      const { items, nextPageToken } = pageOf(names, request);
      return { subscriptions: items, nextPageToken };
    },
  }),
  operation({
    service,
    name: "DeleteTopic",
    request: v1.DeleteTopicRequest,
    response: protobuf.Empty,
    run(request, { broker }) {
      broker.deleteTopic(requireName(request.topic, "topics"));
      return {};
    },
  }),
];
