import type { TestConsultant } from "#testing/google-workspace.ts";
import type { EventPatch } from "../../../scripts/emulators/calendar/event-fields.ts";
import type { Stage } from "./stage.ts";

/** A booking from before the migrations: confirmed, and nobody ever told the pipeline. */
export async function bookFromBefore(
  stage: Stage,
  consultant: TestConsultant,
  values: Parameters<Stage["book"]>[1] = {},
): Promise<string> {
  const id = await stage.book(consultant, values);
  const { sql } = stage.database;
  await sql("update public.bookings set pipeline_status = null, pipeline_since = null where id = $1", [id]);
  await sql("delete from private.outbox where data ->> 'bookingId' = $1", [id]);
  return id;
}

export const EVENT_ID = "handmade00";

/** The event that a consultant typed for the standard booking, with what is different about it. */
export async function typeEvent(stage: Stage, { email }: TestConsultant, change: EventPatch = {}): Promise<string> {
  const token = stage.google.oauth.userAccessToken(email, ["https://www.googleapis.com/auth/calendar.events"]);
  const body = {
    ...{ id: EVENT_ID, summary: "Grace, finally", description: "bring the contract", location: "Room 4" },
    start: { dateTime: "2030-05-06T06:00:00-04:00", timeZone: "America/New_York" },
    end: { dateTime: "2030-05-06T07:00:00-04:00", timeZone: "America/New_York" },
    attendees: [{ email: "Grace@Example.com", responseStatus: "accepted" }, { email: "colleague@example.com" }],
    ...change,
  };
  const answer = await fetch(
    `${stage.google.calendar.url}/calendar/v3/calendars/primary/events?conferenceDataVersion=1`,
    {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    },
  );
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return EVENT_ID;
}

export interface Item {
  readonly action: string;
  readonly reason: string | null;
  readonly event_id: string | null;
  readonly decision: string | null;
  readonly state: string;
  readonly note: string | null;
}

export async function itemOf(stage: Stage, bookingId: string): Promise<Item> {
  const columns = "action, reason, event_id, decision, state, note";
  const [item] = await stage.database.sql<Item>(`select ${columns} from private.backfill_items where booking_id = $1`, [
    bookingId,
  ]);
  if (item === undefined) throw new Error("the booking is in no plan");
  return item;
}

/** Makes a plan of all bookings from before, as the operator's command does, and reads a consultant's calendar. */
export async function planBackfill(stage: Stage, { userId }: TestConsultant): Promise<number> {
  const { sql } = stage.database;
  const [opened] = await sql<{ id: string }>("select public.open_backfill() as id");
  const backfillId = Number(opened?.id);
  await sql("select public.plan_backfill_page($1, null, 1000)", [backfillId]);
  await sql("select public.queue_calendar_reads($1)", [backfillId]);
  await stage.readCalendar({ backfillId, userId });
  return backfillId;
}

/** Confirms every proposed match and takes all bookings of the plan up; they are to be delivered. */
export async function applyBackfill(stage: Stage, backfillId: number): Promise<void> {
  const { sql } = stage.database;
  await sql("select public.confirm_backfill_adoptions($1)", [backfillId]);
  await sql("select public.queue_backfill_items($1, $2)", [backfillId, { limit: 1_000, perConsultant: 1_000 }]);
}

export async function undoBackfill(stage: Stage, backfillId: number, changedToo = false): Promise<number> {
  const limits = { limit: 1_000, perConsultant: 1_000, changedToo, begunAt: "infinity" };
  const [asked] = await stage.database.sql<{ asked: number }>("select public.queue_backfill_undo($1, $2) as asked", [
    backfillId,
    limits,
  ]);
  return asked?.asked ?? 0;
}
