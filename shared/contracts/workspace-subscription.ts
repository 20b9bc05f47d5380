import { z } from "zod";

/** Google's subscription resource, the fields we read. */
export const workspaceSubscription = z.looseObject({
  name: z.string().regex(/^subscriptions\/[^/]+$/),
  state: z.string().default("ACTIVE"),
  suspensionReason: z.string().nullish(),
  expireTime: z.iso.datetime({ offset: true }).nullish(),
  eventTypes: z.array(z.string()).default([]),
  notificationEndpoint: z.looseObject({ pubsubTopic: z.string() }).nullish(),
});
export type WorkspaceSubscription = z.infer<typeof workspaceSubscription>;

/** Methods that change a subscription answer with an operation; Google completes it before it answers. */
export const completedOperation = z.looseObject({ response: workspaceSubscription });
