import type { BookingGoal } from "#domain/booking-goal.ts";
import type { MeetingTimes } from "#domain/event-decision.ts";
import { done, ignored, parked } from "#kernel/outcome.ts";
import type { Holding } from "./event-holder.ts";
import { type PassInput, type PassResult, resultOf } from "./pass-result.ts";

/** What the row does about an event that somebody moved or deleted by hand. */
export function answerEdit(
  input: PassInput,
  goal: Extract<BookingGoal, { kind: "hold_event" }>,
  holding: Exclude<Holding, { kind: "held" }>,
): PassResult {
  switch (holding.kind) {
    case "leave":
      return { outcome: ignored("the meeting is over"), result: resultOf(input, { status: null }) };
    case "follow_move":
      input.note("booking.follow", input.lease.bookingId, "moved");
      return {
        outcome: done("the booking follows its event"),
        result: resultOf(input, { status: null, follow: holding.times }),
      };
    case "follow_deletion":
      input.note("booking.follow", input.lease.bookingId, "cancelled");
      return {
        outcome: done("the booking is cancelled, as its event was"),
        result: resultOf(input, { status: null, follow: { cancelled: true } }),
      };
    case "ask": {
      const reason = question(holding, goal.event.timeZone);
      return { outcome: parked(`event_${holding.edit}`, reason), result: resultOf(input, { status: "held", reason }) };
    }
  }
}

function question({ edit, times }: Extract<Holding, { kind: "ask" }>, timeZone: string): string {
  const how = "or let the booking follow: set calendarEdits to follow in its meeting_settings.";
  if (edit === "deleted") {
    return `The event was deleted in Google Calendar. Cancel the booking, move it to have a new event, ${how}`;
  }
  const to = times === null ? "whole days" : `${inWords(times.startsAt, timeZone)} (${timeZone})`;
  return `The event was moved in Google Calendar to ${to}. Move the booking to that time, set the event back, ${how}`;
}

/** `2030-05-06 14:00`, in the booking's own zone. */
function inWords(at: MeetingTimes["startsAt"], timeZone: string): string {
  // The Swedish way of writing a date is ISO's.
  return new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" }).format(at);
}
