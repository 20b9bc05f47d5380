import {
  workspaceevents as workspaceEventsApi,
  type workspaceevents_v1,
} from "googleapis/build/src/apis/workspaceevents/index.js";
import {
  completedOperation,
  type WorkspaceSubscription,
  workspaceSubscription,
} from "#contracts/workspace-subscription.ts";
import { parseAnswer } from "#google/answer.ts";
import type { ConsultantAuth } from "#google/consultant-auth.ts";
import { googleError, httpStatusOf } from "#google/errors.ts";
import { PermanentError } from "#kernel/verdicts.ts";
import type { MeetingEventSubscription, MeetingEventSubscriptions } from "#ports/meeting-event-subscriptions.ts";

export interface WorkspaceEventsOptions {
  readonly auth: ConsultantAuth;
  readonly projectId: string;
  /** Short name of the topic, which must be in the project of the OAuth client. */
  readonly topic: string;
  /** Another address than Google's, without a path: the client drops paths. */
  readonly endpoint?: string | undefined;
}

const API = "Workspace Events";
const REQUEST_TIMEOUT_MS = 20_000;

/** What we want to hear of: the owner of a meeting gets all of these, for every meeting in the own calendar. */
export const MEETING_EVENT_TYPES = [
  "google.workspace.meet.conference.v2.started",
  "google.workspace.meet.conference.v2.ended",
  "google.workspace.meet.recording.v2.fileGenerated",
  "google.workspace.meet.transcript.v2.fileGenerated",
] as const;

type Call<Answer> = (
  subscriptions: workspaceevents_v1.Resource$Subscriptions,
  options: { readonly timeout: number },
) => Promise<{ readonly data: Answer }>;

type Send = <Answer>(userId: string, call: Call<Answer>) => Promise<Answer>;

/** Subscriptions to one user's meetings; Google allows one per user, app and target. */
export function makeWorkspaceEvents(options: WorkspaceEventsOptions): MeetingEventSubscriptions {
  const rootUrl = options.endpoint === undefined ? {} : { rootUrl: `${options.endpoint}/` };
  const pubsubTopic = `projects/${options.projectId}/topics/${options.topic}`;
  const send: Send = async (userId, call) => {
    const auth = await options.auth.clientFor(userId);
    const { subscriptions } = workspaceEventsApi({ version: "v1", auth, ...rootUrl });
    return (await call(subscriptions, { timeout: REQUEST_TIMEOUT_MS })).data;
  };
  return {
    ensure: (userId, googleSub) => ensure({ send, userId, googleSub, pubsubTopic }),
    get: (userId, name) =>
      orGone(userId, async () =>
        fromGoogle(parseAnswer(API, workspaceSubscription, await send(userId, (api, how) => api.get({ name }, how)))),
      ),
    renew: (userId, name) =>
      orGone(userId, async () =>
        changed(
          // A ttl of zero asks for the maximum: seven days.
          await send(userId, (api, how) => api.patch({ name, updateMask: "ttl", requestBody: { ttl: "0s" } }, how)),
        ),
      ),
    reactivate: (userId, name) =>
      orGone(userId, async () =>
        changed(await send(userId, (api, how) => api.reactivate({ name, requestBody: {} }, how))),
      ),
    remove: async (userId, name) => {
      await orGone(userId, () => send(userId, (api, how) => api.delete({ name, allowMissing: true }, how)));
    },
  };
}

interface Wanted {
  readonly send: Send;
  readonly userId: string;
  readonly googleSub: string;
  readonly pubsubTopic: string;
}

async function ensure(wanted: Wanted): Promise<MeetingEventSubscription> {
  const { userId } = wanted;
  try {
    return await create(wanted);
  } catch (thrown) {
    if (httpStatusOf(thrown) !== 409) throw googleError(thrown, { api: API, userId });
  }
  try {
    return await adopt(wanted);
  } catch (thrown) {
    throw googleError(thrown, { api: API, userId });
  }
}

async function create({ send, userId, googleSub, pubsubTopic }: Wanted): Promise<MeetingEventSubscription> {
  const requestBody = {
    targetResource: targetOf(googleSub),
    eventTypes: [...MEETING_EVENT_TYPES],
    notificationEndpoint: { pubsubTopic },
    ttl: "0s",
  };
  return changed(await send(userId, (api, how) => api.create({ requestBody }, how)));
}

/** One is there: of a lost reply, or of an earlier connection. It is brought up to date, or replaced. */
async function adopt(wanted: Wanted): Promise<MeetingEventSubscription> {
  const { send, userId, pubsubTopic } = wanted;
  const found = await existing(wanted);
  // A subscription's topic cannot be changed.
  if (found.notificationEndpoint?.pubsubTopic !== pubsubTopic) {
    await send(userId, (api, how) => api.delete({ name: found.name, allowMissing: true }, how));
    return create(wanted);
  }
  const { name } = found;
  if (found.state === "SUSPENDED") await send(userId, (api, how) => api.reactivate({ name, requestBody: {} }, how));
  const requestBody = { ttl: "0s", eventTypes: [...MEETING_EVENT_TYPES] };
  return changed(
    await send(userId, (api, how) => api.patch({ name, updateMask: "ttl,event_types", requestBody }, how)),
  );
}

/** A list must name an event type; the first of ours that the existing subscription has finds it. */
async function existing({ send, userId, googleSub }: Wanted): Promise<WorkspaceSubscription> {
  for (const type of MEETING_EVENT_TYPES) {
    const filter = `event_types:"${type}" AND target_resource="${targetOf(googleSub)}"`;
    const { subscriptions } = await send(userId, (api, how) => api.list({ filter }, how));
    if (subscriptions?.[0] !== undefined) return parseAnswer(API, workspaceSubscription, subscriptions[0]);
  }
  throw new PermanentError("Google says that the meeting subscription exists, and does not list it.", {
    code: "workspace_subscription_hidden",
  });
}

/** Null for 404 and 410, a verdict for every other error. */
async function orGone<T>(userId: string, call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (thrown) {
    if ([404, 410].includes(httpStatusOf(thrown) ?? 0)) return null;
    throw googleError(thrown, { api: API, userId });
  }
}

const targetOf = (googleSub: string): string => `//cloudidentity.googleapis.com/users/${googleSub}`;

const changed = (operation: unknown): MeetingEventSubscription =>
  fromGoogle(parseAnswer(API, completedOperation, operation).response);

function fromGoogle({ name, state, suspensionReason, expireTime }: WorkspaceSubscription): MeetingEventSubscription {
  return {
    name,
    active: state === "ACTIVE",
    suspensionReason: state === "ACTIVE" ? null : (suspensionReason ?? state),
    expiresAt: expireTime == null ? null : new Date(expireTime),
  };
}
