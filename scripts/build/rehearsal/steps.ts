import { randomUUID } from "node:crypto";
import type { FunctionName } from "../../../infra/topology/functions.ts";
import type { MeetingScript } from "../../demo/meeting-file.ts";
import {
  type Ask,
  awaitMessage,
  eventually,
  pushOf,
  scheduledCallOf,
  type TopicMessage,
  type Workplace,
} from "./workplace.ts";

/** One booking on its way through the pipeline; each step leaves here what the next one needs. */
export interface Trip {
  readonly workplace: Workplace;
  bookingId: string;
  customerEmail: string;
  /** What the relay made of the booking's row. */
  published: TopicMessage | null;
}

/** A function's first real work after its start. */
export interface Step {
  readonly name: FunctionName;
  /** What is asked of it, for readers of the figures. */
  readonly work: string;
  /** The function whose work comes first. */
  readonly needs?: FunctionName;
  /** Makes the work there is to do; returns the request. */
  prepare(trip: Trip): Promise<Ask>;
  /** Throws unless the work has been done. */
  confirm(trip: Trip): Promise<void>;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Short, so that a start is what is measured and not a long recording. */
const SCRIPT: MeetingScript = {
  meeting_transcripts: [
    { speaker: "Dr. Clara Cold", content: "Good morning, how did the first week go?" },
    { speaker: "Greta Guest", content: "Very well, we have sent the offer to Berlin on Tuesday." },
    { speaker: "Dr. Clara Cold", content: "I will call you again next Monday." },
  ],
};

const relay: Step = {
  name: "relay-outbox",
  work: "a sweep that publishes one booking's row",
  prepare: async (trip) => {
    const { workplace } = trip;
    // One row, whatever earlier steps have left.
    await workplace.platform.rows("update private.outbox set published_at = now() where published_at is null");
    trip.customerEmail = `${randomUUID().slice(0, 8)}@customer.example`;
    trip.bookingId = await insertBooking(trip);
    return scheduledCallOf(workplace, "relay-outbox");
  },
  confirm: async (trip) => {
    trip.published = await awaitMessage(trip.workplace, "booking-events", ({ data }) =>
      Buffer.from(data, "base64").toString("utf8").includes(trip.bookingId),
    );
  },
};

const processBooking: Step = {
  name: "process-booking",
  work: "a pushed booking becomes a calendar event with a Meet link on its row",
  needs: "relay-outbox",
  prepare: ({ workplace, published }) => pushOf(workplace, "process-booking", given(published, "a published booking")),
  confirm: async ({ workplace, bookingId }) => {
    const { meeting_link: link, pipeline_status: status } = await workplace.platform.booking(bookingId);
    if (link === null || status !== "scheduled") throw new Error(`the booking is ${status}, its link ${link}`);
  },
};

const sendReminders: Step = {
  name: "send-reminders",
  work: "a run that mails the booking's confirmation",
  needs: "process-booking",
  prepare: ({ workplace }) => scheduledCallOf(workplace, "send-reminders"),
  confirm: async ({ workplace, customerEmail }) => {
    await eventually(`a mail to ${customerEmail}`, async () => workplace.services.google.mailsTo(customerEmail) > 0);
  },
};

const captureArtifacts: Step = {
  name: "capture-artifacts",
  work: "Meet's event of a short recording: audio in the bucket, transcription started",
  needs: "process-booking",
  prepare: async ({ workplace, bookingId }) => {
    const { meeting_link: link } = await workplace.platform.booking(bookingId);
    const meetingCode = new URL(given(link, "a Meet link")).pathname.slice(1);
    const { recording } = await workplace.services.google.holdMeeting(meetingCode, SCRIPT);
    const name = given(recording, "a recording of the meeting");
    const event = await awaitMessage(workplace, "meeting-events", ({ data }) =>
      Buffer.from(data, "base64").toString("utf8").includes(name),
    );
    return pushOf(workplace, "capture-artifacts", event);
  },
  confirm: async ({ workplace, bookingId }) => {
    const { meeting_recording_url: url } = await workplace.platform.booking(bookingId);
    given(url, "the recording on the row");
  },
};

const analyzeTranscript: Step = {
  name: "analyze-transcript",
  work: "the bucket's event of a finished transcription: transcript and insights on the row",
  needs: "capture-artifacts",
  prepare: async ({ workplace, bookingId }) => {
    const [recording] = await workplace.platform.rows<{ id: string }>(
      "select id from public.recordings where booking_id = $1",
      [bookingId],
    );
    const prefix = `transcription/${given(recording, "a recording").id}/`;
    const finished = await awaitMessage(
      workplace,
      "storage-events",
      ({ attributes }) => attributes["objectId"]?.startsWith(prefix) === true,
    );
    return pushOf(workplace, "analyze-transcript", finished);
  },
  confirm: async ({ workplace, bookingId }) => {
    const { pipeline_status: status } = await workplace.platform.booking(bookingId);
    if (status !== "analyzed") throw new Error(`the booking is ${status}`);
  },
};

const keepWatch: Step = {
  name: "keep-watch",
  work: "a run with every duty",
  prepare: ({ workplace }) => scheduledCallOf(workplace, "keep-watch"),
  confirm: async () => undefined,
};

const syncCalendar: Step = {
  name: "sync-calendar",
  work: "a sweep that reads a consultant's calendar for the first time",
  needs: "process-booking",
  prepare: async ({ workplace }) => {
    await workplace.platform.rows("update private.calendar_readings set check_at = now()");
    return scheduledCallOf(workplace, "sync-calendar");
  },
  confirm: async ({ workplace }) => {
    const read = await workplace.platform.rows("select 1 from private.calendar_readings where sync_token is not null");
    given(read[0], "a calendar that was read");
  },
};

const googleAuth: Step = {
  name: "google-auth",
  work: "a consultant's connect, answered with the address at Google",
  prepare: async ({ workplace: { services, consultant } }) => {
    const session = await services.supabase.mintUserJwt(consultant.userId, consultant.email);
    const headers = { authorization: `Bearer ${session}`, accept: "application/json" };
    return async (url) => {
      const answer = await fetch(new URL("/connect", url), { headers });
      const body = await answer.text();
      if (answer.status !== 200 || !body.includes("code_challenge")) throw new Error(`it answered ${answer.status}`);
    };
  },
  confirm: async () => undefined,
};

/** In the order in which a booking meets them. */
export const steps: readonly Step[] = [
  googleAuth,
  relay,
  processBooking,
  syncCalendar,
  sendReminders,
  captureArtifacts,
  analyzeTranscript,
  keepWatch,
];

/** The steps asked for and those that must come before them; all when none is named. */
export function neededSteps(only: readonly string[]): readonly Step[] {
  const needed = new Set<string>(only.length === 0 ? steps.map(({ name }) => name) : only);
  const unknown = only.filter((wanted) => !steps.some(({ name }) => name === wanted));
  if (unknown.length > 0) throw new Error(`scripts/build/rehearsal/steps.ts does not say what ${unknown} does first`);
  for (const { name, needs } of steps.toReversed()) if (needed.has(name) && needs !== undefined) needed.add(needs);
  return steps.filter(({ name }) => needed.has(name));
}

function insertBooking({ workplace: { platform, serviceId, consultant }, customerEmail }: Trip): Promise<string> {
  const startsAt = new Date(Math.ceil((Date.now() + DAY_MS) / HOUR_MS) * HOUR_MS);
  return platform.insertBooking({
    ...{ serviceId, consultantId: consultant.consultantId, title: "Consulting call", timeZone: "Europe/Berlin" },
    ...{ startsAt, endsAt: new Date(startsAt.getTime() + HOUR_MS) },
    ...{ customerName: "Greta Guest", customerEmail },
  });
}

function given<Value>(value: Value | null | undefined, what: string): Value {
  if (value === null || value === undefined) throw new Error(`${what} is missing`);
  return value;
}
