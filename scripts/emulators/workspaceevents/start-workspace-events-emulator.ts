import { z } from "zod";
import type { Emulator, EmulatorClock, TokenAuthority } from "../rest/emulator.ts";
import { type Operation, ok, withBody } from "../rest/operation.ts";
import { type RestServer, startRestServer } from "../rest/server.ts";
import type { MeetingEventSink } from "./meeting-event.ts";
import { operations, type WorkspaceEventsState } from "./operations.ts";
import { type Publish, type Subscription, SubscriptionStore } from "./subscription-store.ts";

export interface WorkspaceEventsEmulatorOptions {
  readonly port?: number;
  readonly authority: TokenAuthority;
  readonly clock: EmulatorClock;
  readonly projectId: string;
  /** Puts a message on a Pub/Sub topic, as Google's own service does. */
  readonly publish: Publish;
}

export interface WorkspaceEventsEmulator extends Emulator, MeetingEventSink, Pick<RestServer, "faults" | "calls"> {
  subscriptions(): readonly Subscription[];
  /** As Google does when the topic refuses or the user's access ends. */
  suspend(name: string, reason: string): void;
  /** As after seven days without renewal. */
  forget(name: string): void;
}

/** Starts Workspace Events; Meet reports through `emit`. */
export async function startWorkspaceEventsEmulator(
  options: WorkspaceEventsEmulatorOptions,
): Promise<WorkspaceEventsEmulator> {
  const { authority, clock, projectId } = options;
  const store = new SubscriptionStore(clock, options.publish);
  const server = await startRestServer<WorkspaceEventsState>({
    name: "Workspace Events",
    port: options.port ?? 0,
    operations,
    control,
    state: { store, projectId },
    authority,
    clock,
    errorShape: "rpc",
    onReset: () => store.clear(),
  });
  return {
    ...server,
    emit: (event) => store.emit(event),
    subscriptions: () => store.all(),
    suspend: (name, reason) => store.suspend(name, reason),
    forget: (name) => store.remove(name),
    stop: async () => {
      store.clear();
      await server.stop();
    },
  };
}

const suspension = z.strictObject({ name: z.string(), reason: z.string() });

const control: readonly Operation<WorkspaceEventsState>[] = [
  {
    name: "control.subscriptions",
    method: "GET",
    path: "/emulator/subscriptions",
    query: [],
    anonymous: true,
    run: (_call, { store }) => ok({ subscriptions: store.all() }),
  },
  {
    name: "control.suspend",
    method: "POST",
    path: "/emulator/suspend",
    query: [],
    anonymous: true,
    ...withBody<WorkspaceEventsState, typeof suspension>(suspension, ({ name, reason }, _call, { store }) => {
      store.suspend(name, reason);
      return ok({});
    }),
  },
];
