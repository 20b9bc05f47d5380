import type { StoredEvent } from "./calendar-state.ts";

/** An event as the API shows it. */
export function resourceOf(event: StoredEvent) {
  const { calendarId, owner, startsAt: _start, endsAt: _end, conference, extendedProperties, ...fields } = event;
  const person = { email: owner.email, self: true };
  return {
    kind: "calendar#event",
    ...fields,
    htmlLink: `https://www.google.com/calendar/event?eid=${Buffer.from(`${event.id} ${calendarId}`).toString("base64url")}`,
    iCalUID: `${event.id}@google.com`,
    ...{ creator: person, organizer: person, eventType: "default" },
    ...(fields.attendees && {
      attendees: fields.attendees.map((guest) => ({
        responseStatus: "needsAction",
        ...guest,
        ...(guest.email === owner.email && { self: true, organizer: true }),
      })),
    }),
    ...propertiesOf(extendedProperties),
    ...(conference !== null && conferenceOf(conference)),
  };
}

/** A map whose last entry was cleared is not shown. */
function propertiesOf(maps: StoredEvent["extendedProperties"]) {
  const filled = Object.entries(maps ?? {}).filter(([, map]) => Object.keys(map ?? {}).length > 0);
  return filled.length === 0 ? {} : { extendedProperties: Object.fromEntries(filled) };
}

const SOLUTION = { key: { type: "hangoutsMeet" }, name: "Google Meet" };

function conferenceOf(conference: NonNullable<StoredEvent["conference"]>) {
  const { requestId, meetingCode, meetingUri, statusCode } = conference;
  const createRequest = { requestId, conferenceSolutionKey: SOLUTION.key, status: { statusCode } };
  if (statusCode !== "success") return { conferenceData: { createRequest } };
  const entryPoints = [{ entryPointType: "video", uri: meetingUri, label: meetingUri.slice("https://".length) }];
  const conferenceData = { createRequest, conferenceSolution: SOLUTION, conferenceId: meetingCode };
  return { hangoutLink: meetingUri, conferenceData: { ...conferenceData, entryPoints } };
}
