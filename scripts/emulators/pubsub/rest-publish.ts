import { z } from "zod";
import { GoogleError } from "../rest/errors.ts";
import { type Operation, ok, withBody } from "../rest/operation.ts";
import type { Broker } from "./broker.ts";
import { acceptedMessages } from "./published-message.ts";
import { requireName } from "./resource-names.ts";
import { StatusError } from "./status-error.ts";

/** google.rpc.Code -> HTTP status, for the codes that publishing gives (googleapis google/rpc/code.proto). */
const HTTP_STATUS: Readonly<Record<number, number>> = { 3: 400, 5: 404, 6: 409, 8: 429, 9: 400, 12: 501 };

const message = z.strictObject({
  data: z.base64().default(""),
  attributes: z.record(z.string(), z.string()).default({}),
  orderingKey: z.string().default(""),
});
const publishRequest = z.strictObject({ messages: z.array(message).default([]) });

/** `projects.topics.publish`: the same call as over gRPC, with the same name for faults and counts. */
export const publishOverRest: Operation<{ readonly broker: Broker }> = {
  name: "Publish",
  method: "POST",
  path: "/v1/projects/:project/topics/:topic\\:publish",
  query: [],
  // As over gRPC, and as in Google's own emulator.
  anonymous: true,
  ...withBody<{ readonly broker: Broker }, typeof publishRequest>(
    publishRequest,
    ({ messages }, { params }, { broker }) => {
      try {
        const topic = requireName(`projects/${params["project"]}/topics/${params["topic"]}`, "topics");
        broker.topic(topic);
        const contents = messages.map(({ data, ...rest }) => ({ ...rest, data: Buffer.from(data, "base64") }));
        return ok({ messageIds: broker.publish(topic, acceptedMessages(contents)) });
      } catch (thrown) {
        if (!(thrown instanceof StatusError)) throw thrown;
        throw new GoogleError(HTTP_STATUS[thrown.code] ?? 500, "publish", thrown.message);
      }
    },
  ),
};
