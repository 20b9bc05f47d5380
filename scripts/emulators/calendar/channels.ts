import { z } from "zod";
import type { EmulatorClock } from "../rest/emulator.ts";
import { invalid, notFound } from "../rest/errors.ts";

/** What `events.watch` takes. */
export const channelRequest = z.strictObject({
  id: z.string(),
  type: z.string(),
  address: z.string(),
  token: z.string().optional(),
  expiration: z.union([z.string().regex(/^\d+$/), z.int()]).optional(),
  params: z.strictObject({ ttl: z.string().regex(/^\d+$/).optional() }).optional(),
});
export type ChannelRequest = z.infer<typeof channelRequest>;

export interface Channel {
  readonly id: string;
  readonly sub: string;
  readonly calendarId: string;
  readonly resourceId: string;
  readonly address: string;
  readonly token: string | undefined;
  readonly expiresAt: Date;
}

type ResourceState = "sync" | "exists";
interface Notification {
  readonly state: ResourceState;
  readonly number: number;
  readonly attempt: number;
}

const DAY_MS = 86_400_000;
/** What a channel lives when nothing else is asked, and at most. */
const LONGEST_MS = 7 * DAY_MS;
const MAX_TOKEN = 256;
const RETRIED = new Set([500, 502, 503, 504]);
const TAKEN = new Set([102, 200, 201, 202, 204]);
const FIRST_RETRY_MS = 1_000;
const MAX_ATTEMPTS = 5;

/** Push channels of every calendar, and the notifications they send. */
export class Channels {
  readonly #channels = new Map<string, Channel>();
  readonly #numbers = new Map<string, number>();
  readonly #clock: EmulatorClock;
  readonly #sending = new AbortController();
  /** Ids that were ever used; Google does not take one twice. */
  readonly #used = new Set<string>();
  /** How many of the next notifications get lost on the way. */
  losses = 0;

  constructor(clock: EmulatorClock) {
    this.#clock = clock;
  }

  all(): readonly Channel[] {
    return [...this.#channels.values()].filter(({ expiresAt }) => expiresAt > this.#clock.now());
  }

  /** Opens a channel and announces it with a `sync` message, which may arrive before the answer does. */
  open(owner: { readonly sub: string; readonly calendarId: string }, request: ChannelRequest): Channel {
    screen(request, this.#used);
    const ttlMs = request.params?.ttl === undefined ? LONGEST_MS : Number(request.params.ttl) * 1000;
    const now = this.#clock.now().getTime();
    const asked = request.expiration === undefined ? now + ttlMs : Number(request.expiration);
    if (asked <= now) throw invalid("The expiration lies in the past.");
    const { id, address, token } = request;
    const expiresAt = new Date(Math.min(asked, now + LONGEST_MS));
    const resourceId = Buffer.from(owner.calendarId).toString("base64url");
    const channel: Channel = { ...owner, ...{ id, resourceId, address, token, expiresAt } };
    this.#used.add(id);
    this.#channels.set(id, channel);
    this.#notify(channel, "sync");
    return channel;
  }

  /** Only for the user that opened it. */
  stop(sub: string, { id, resourceId }: { readonly id: string; readonly resourceId: string }): void {
    const channel = this.all().find((one) => one.id === id);
    if (channel === undefined || channel.resourceId !== resourceId || channel.sub !== sub) {
      throw notFound(`Channel '${id}' not found for project`);
    }
    this.#channels.delete(id);
  }

  /** Tells everyone who watches a calendar that something in it changed. */
  changed(calendarId: string): void {
    for (const channel of this.all()) if (channel.calendarId === calendarId) this.#notify(channel, "exists");
  }

  clear(): void {
    this.#channels.clear();
    this.#numbers.clear();
    this.#used.clear();
    this.losses = 0;
  }

  /** Ends what is under way; nothing is sent any more. */
  close(): void {
    this.#channels.clear();
    this.#sending.abort();
  }

  #notify(channel: Channel, state: ResourceState): void {
    const number = (this.#numbers.get(channel.id) ?? 0) + 1;
    this.#numbers.set(channel.id, number);
    if (state === "exists" && this.losses > 0) {
      this.losses -= 1;
      return;
    }
    this.#clock.after(0, () => void this.#send(channel, { state, number, attempt: 1 }));
  }

  async #send(channel: Channel, { state, number, attempt }: Notification): Promise<void> {
    if (this.#channels.get(channel.id) !== channel) return;
    const status = await post(channel, { state, number, signal: this.#sending.signal });
    if (status !== null && (TAKEN.has(status) || !RETRIED.has(status))) return;
    if (attempt >= MAX_ATTEMPTS || this.#sending.signal.aborted) return;
    const delayMs = FIRST_RETRY_MS * 2 ** (attempt - 1);
    this.#clock.after(delayMs, () => void this.#send(channel, { state, number, attempt: attempt + 1 }));
  }
}

function screen({ id, type, address, token }: ChannelRequest, used: ReadonlySet<string>): void {
  if (!/^[A-Za-z0-9\-_+/=]{1,64}$/.test(id)) throw invalid("Channel id is not valid.", "channelIdInvalid");
  if (used.has(id)) throw invalid(`Channel id ${id} not unique`, "channelIdNotUnique");
  if (type !== "web_hook") throw invalid(`Unknown channel type: ${type}`, "channelUnknown");
  if (!isCallable(address)) throw invalid(`WebHook callback must be HTTPS: ${address}`, "webhookUrlNotHttps");
  if ((token?.length ?? 0) > MAX_TOKEN) throw invalid("The channel token is too long.");
}

/** HTTPS, or this machine: what is tested here has no certificate. */
function isCallable(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : null;
  return url !== null && (url.protocol === "https:" || (url.protocol === "http:" && url.hostname === "127.0.0.1"));
}

interface Sending {
  readonly state: ResourceState;
  readonly number: number;
  readonly signal: AbortSignal;
}

/** The status of the answer; null when there was none. */
async function post(channel: Channel, { state, number, signal }: Sending): Promise<number | null> {
  const headers = {
    "x-goog-channel-id": channel.id,
    "x-goog-message-number": String(number),
    "x-goog-resource-id": channel.resourceId,
    "x-goog-resource-state": state,
    "x-goog-resource-uri": `https://www.googleapis.com/calendar/v3/calendars/${encodeURIComponent(channel.calendarId)}/events?alt=json`,
    "x-goog-channel-expiration": channel.expiresAt.toUTCString(),
    ...(channel.token !== undefined && { "x-goog-channel-token": channel.token }),
  };
  const answer = await fetch(channel.address, { method: "POST", headers, signal }).catch(() => null);
  await answer?.body?.cancel();
  return answer?.status ?? null;
}
