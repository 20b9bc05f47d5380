import { z } from "zod";
import type { MeetSpaces } from "../meet/meet-state.ts";
import type { Emulator, EmulatorClock, TokenAuthority } from "../rest/emulator.ts";
import { type Operation, ok, withBody } from "../rest/operation.ts";
import { type RestServer, startRestServer } from "../rest/server.ts";
import { CalendarState, type StoredEvent } from "./calendar-state.ts";
import { type Channel, Channels } from "./channels.ts";
import type { ConferencePlan } from "./conference.ts";
import { type EventPatch, eventPatch } from "./event-fields.ts";
import { resourceOf } from "./event-resource.ts";
import { type CalendarOperationsState, operations } from "./operations.ts";
import { SyncTokens } from "./sync-tokens.ts";
import { watchOperations } from "./watch-operations.ts";

export interface CalendarEmulatorOptions {
  readonly port?: number;
  readonly authority: TokenAuthority;
  readonly clock: EmulatorClock;
  /** Makes the rooms behind conference requests: the Meet emulator. */
  readonly meet: MeetSpaces;
  /** The account's display name, by e-mail. */
  readonly nameOf?: (email: string) => string | undefined;
}

export interface CalendarEmulator extends Emulator, Pick<RestServer, "faults" | "calls"> {
  /** Deleted ones included, as `cancelled`. */
  events(calendarId?: string): readonly StoredEvent[];
  /** How conferences of later inserts come about. */
  planConferences(plan: Partial<ConferencePlan>): void;
  /** As the calendar's owner does it by hand; a patch, which may also bring a deleted event back. */
  edit(calendarId: string, eventId: string, change: EventPatch): void;
  /** Those that have not expired or been stopped. */
  channels(): readonly Channel[];
  /** Every sync token given so far answers 410 from now on. */
  expireSyncTokens(): void;
  /** So many of the next notifications get lost. */
  loseNotifications(count: number): void;
}

/** Starts Calendar. */
export async function startCalendarEmulator(options: CalendarEmulatorOptions): Promise<CalendarEmulator> {
  const { authority, clock, meet, nameOf = () => undefined } = options;
  const channels = new Channels(clock);
  const syncTokens = new SyncTokens();
  const calendar = new CalendarState(clock, meet, (calendarId) => channels.changed(calendarId));
  const server = await startRestServer<CalendarOperationsState>({
    name: "Calendar",
    port: options.port ?? 0,
    operations: [...operations, ...watchOperations],
    control,
    state: { calendar, channels, syncTokens, nameOf },
    authority,
    clock,
    onReset: () => {
      calendar.clear();
      channels.clear();
    },
  });
  return {
    ...server,
    stop: () => {
      channels.close();
      return server.stop();
    },
    events: (calendarId) => calendar.events(calendarId),
    planConferences: (plan) => {
      calendar.conferencePlan = { ...calendar.conferencePlan, ...plan };
    },
    channels: () => channels.all(),
    expireSyncTokens: () => syncTokens.expireAll(),
    loseNotifications: (count) => {
      channels.losses = count;
    },
    edit: (calendarId, eventId, change) => edit(calendar, { calendarId, eventId, change }),
  };
}

interface Edit {
  readonly calendarId: string;
  readonly eventId: string;
  readonly change: EventPatch;
}

function edit(calendar: CalendarState, { calendarId, eventId, change }: Edit): void {
  calendar.change(calendar.find(calendarId, eventId), change);
}

const open = { query: [], anonymous: true } as const;
const plan = z.strictObject({ pendingReads: z.int().min(0).optional(), fail: z.boolean().optional() });
const handEdit = z.strictObject({ calendarId: z.string(), eventId: z.string(), change: eventPatch });

const syncFaults = z.strictObject({
  expireTokens: z.boolean().optional(),
  loseNotifications: z.int().min(0).optional(),
});

const control: readonly Operation<CalendarOperationsState>[] = [
  {
    ...{ ...open, name: "control.events", method: "GET", path: "/emulator/events" },
    run: (_call, { calendar }) => ok({ events: calendar.events().map(resourceOf) }),
  },
  {
    ...{ ...open, name: "control.conferences", method: "POST", path: "/emulator/conferences" },
    ...withBody<CalendarOperationsState, typeof plan>(
      plan,
      ({ pendingReads = 0, fail = false }, _call, { calendar }) => {
        calendar.conferencePlan = { pendingReads, fail };
        return ok({});
      },
    ),
  },
  {
    ...{ ...open, name: "control.edit", method: "POST", path: "/emulator/edit" },
    ...withBody<CalendarOperationsState, typeof handEdit>(handEdit, (body, _call, { calendar }) => {
      edit(calendar, body);
      return ok({});
    }),
  },
  {
    ...{ ...open, name: "control.channels", method: "GET", path: "/emulator/channels" },
    run: (_call, { channels }) => ok({ channels: channels.all() }),
  },
  {
    ...{ ...open, name: "control.sync", method: "POST", path: "/emulator/sync" },
    ...withBody<CalendarOperationsState, typeof syncFaults>(syncFaults, (body, _call, { channels, syncTokens }) => {
      if (body.expireTokens === true) syncTokens.expireAll();
      if (body.loseNotifications !== undefined) channels.losses = body.loseNotifications;
      return ok({});
    }),
  },
];
