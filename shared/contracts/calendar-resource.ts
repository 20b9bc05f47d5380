import { z } from "zod";
import type { Conference, EventTraits, RemoteEvent } from "#domain/calendar-event.ts";

const eventTime = z.looseObject({
  date: z.string().optional(),
  dateTime: z.string().optional(),
  timeZone: z.string().optional(),
});

/** What an attendee's entry may be sent back with, and whether it is the calendar's owner; the rest Google decides. */
const attendee = z.object({
  email: z.string(),
  displayName: z.string().optional(),
  responseStatus: z.string().optional(),
  optional: z.boolean().optional(),
  comment: z.string().optional(),
  additionalGuests: z.number().optional(),
  resource: z.boolean().optional(),
  self: z.boolean().optional(),
});

/** The fields of a Calendar event that we read; deleted events may carry an id and little else. */
export const calendarResource = z
  .looseObject({
    id: z.string(),
    etag: z.string().default(""),
    status: z.string().optional(),
    htmlLink: z.string().default(""),
    iCalUID: z.string().default(""),
    summary: z.string().default(""),
    description: z.string().default(""),
    start: eventTime.optional(),
    end: eventTime.optional(),
    attendees: z.array(attendee).default([]),
    organizer: z.looseObject({ self: z.boolean().optional() }).optional(),
    recurringEventId: z.string().optional(),
    transparency: z.string().optional(),
    eventType: z.string().default("default"),
    extendedProperties: z.looseObject({ private: z.record(z.string(), z.string()).optional() }).optional(),
    conferenceData: z
      .looseObject({
        conferenceId: z.string().optional(),
        entryPoints: z.array(z.looseObject({ entryPointType: z.string(), uri: z.string().optional() })).optional(),
        createRequest: z
          .looseObject({
            requestId: z.string().optional(),
            status: z.looseObject({ statusCode: z.string().optional() }).optional(),
          })
          .optional(),
      })
      .optional(),
  })
  .transform(
    (event): RemoteEvent => ({
      id: event.id,
      etag: event.etag,
      cancelled: event.status === "cancelled",
      htmlLink: event.htmlLink,
      iCalUid: event.iCalUID,
      summary: event.summary,
      description: event.description,
      startsAt: instantOf(event.start?.dateTime),
      endsAt: instantOf(event.end?.dateTime),
      timeZone: event.start?.timeZone ?? null,
      attendees: event.attendees.map(({ self: _self, ...attendee }) => attendee),
      bookingId: event.extendedProperties?.private?.["bookingId"] ?? null,
      guestEmail: event.extendedProperties?.private?.["guestEmail"] || null,
      conference: conferenceOf(event.conferenceData),
      conferenceRequestId: event.conferenceData?.createRequest?.requestId ?? null,
      traits: {
        organizedHere: event.organizer?.self ?? false,
        declinedHere: event.attendees.some(({ self, responseStatus }) => self && responseStatus === "declined"),
        partOfSeries: event.recurringEventId !== undefined,
        free: event.transparency === "transparent" || NO_APPOINTMENT.has(event.eventType),
        days: daysOf(event.start?.date, event.end?.date),
      },
    }),
  );

/** Event types that take nobody's time. */
const NO_APPOINTMENT = new Set(["workingLocation", "birthday"]);

const daysOf = (from: string | undefined, until: string | undefined): EventTraits["days"] =>
  from === undefined || until === undefined ? null : { from: new Date(from), until: new Date(until) };

const instantOf = (text: string | undefined): Date | null => (text === undefined ? null : new Date(text));

interface ConferenceData {
  readonly conferenceId?: string | undefined;
  readonly entryPoints?: readonly { readonly entryPointType: string; readonly uri?: string | undefined }[] | undefined;
  readonly createRequest?: { readonly status?: { readonly statusCode?: string | undefined } | undefined } | undefined;
}

/** The join link is the https `video` entry; a request without entries is still running or has failed. */
function conferenceOf(data: ConferenceData | undefined): Conference {
  if (data === undefined) return { kind: "none" };
  const videoUri = data.entryPoints?.find((entry) => entry.entryPointType === "video")?.uri;
  if (videoUri?.startsWith("https://") && data.conferenceId !== undefined) {
    return { kind: "ready", meetingCode: data.conferenceId, videoUri };
  }
  const status = data.createRequest?.status?.statusCode;
  if (status === "failure") return { kind: "failed" };
  return status === undefined ? { kind: "none" } : { kind: "pending" };
}
