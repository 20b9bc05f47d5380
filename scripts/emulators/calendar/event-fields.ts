import { z } from "zod";
import { KNOWN_RULE } from "./recurrence.ts";

const attendee = z.strictObject({
  email: z.email(),
  displayName: z.string().optional(),
  optional: z.boolean().optional(),
  responseStatus: z.enum(["needsAction", "declined", "tentative", "accepted"]).optional(),
  comment: z.string().optional(),
  additionalGuests: z.int().min(0).optional(),
  resource: z.boolean().optional(),
});

const eventTime = z.strictObject({
  dateTime: z.string().optional(),
  date: z.iso.date().optional(),
  timeZone: z.string().optional(),
});

/** Bounds of extended properties (Calendar API guide "Extended properties"); the last two count for the whole event. */
const MAX_KEY_LENGTH = 44;
const MAX_VALUE_LENGTH = 1_024;
const MAX_PROPERTIES = 300;
const MAX_PROPERTY_BYTES = 32 * 1_024;

const properties = z.record(z.string().max(MAX_KEY_LENGTH), z.string().max(MAX_VALUE_LENGTH));

const extendedProperties = z
  .strictObject({ private: properties.optional(), shared: properties.optional() })
  .refine((maps) => entriesOf(maps).length <= MAX_PROPERTIES, "more than 300 properties")
  .refine((maps) => Buffer.byteLength(entriesOf(maps).flat().join("")) <= MAX_PROPERTY_BYTES, "more than 32 kB");

const entriesOf = (maps: { readonly [kind: string]: Readonly<Record<string, string>> | undefined }) =>
  Object.values(maps).flatMap((map) => Object.entries(map ?? {}));

const MAX_REMINDER_MINUTES = 40_320;
const reminder = z.strictObject({
  method: z.enum(["email", "popup"]),
  minutes: z.int().min(0).max(MAX_REMINDER_MINUTES),
});
const reminders = z
  .strictObject({ useDefault: z.boolean().optional(), overrides: z.array(reminder).max(5).optional() })
  .refine(
    ({ useDefault, overrides = [] }) => useDefault !== true || overrides.length === 0,
    "Cannot specify both default reminders and overrides at the same time.",
  );

/** The writable fields a caller may send; unlike Google we refuse those we do not keep. */
export const writableEvent = z.strictObject({
  id: z
    .string()
    .regex(/^[0-9a-v]{5,1024}$/)
    .optional(),
  summary: z.string().max(1_024).optional(),
  description: z.string().max(8_192).optional(),
  location: z.string().max(1_024).optional(),
  status: z.enum(["confirmed", "tentative", "cancelled"]).optional(),
  transparency: z.enum(["opaque", "transparent"]).optional(),
  start: eventTime.optional(),
  end: eventTime.optional(),
  attendees: z.array(attendee).max(200).optional(),
  guestsCanModify: z.boolean().optional(),
  guestsCanInviteOthers: z.boolean().optional(),
  guestsCanSeeOtherGuests: z.boolean().optional(),
  extendedProperties: extendedProperties.optional(),
  reminders: reminders.optional(),
  recurrence: z.array(z.string().regex(KNOWN_RULE)).length(1).optional(),
  conferenceData: z
    .strictObject({
      createRequest: z.strictObject({
        requestId: z.string().min(1).max(1024),
        conferenceSolutionKey: z.strictObject({ type: z.literal("hangoutsMeet") }).optional(),
      }),
    })
    .optional(),
});
export type WritableEvent = z.output<typeof writableEvent>;

/** What a patch may name; what it makes of the event is screened as a `writableEvent` once it is merged. */
export const eventPatch = z.partialRecord(writableEvent.keyof(), z.unknown());
export type EventPatch = z.output<typeof eventPatch>;

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/;

/** The instant of a start or end, or what is wrong with it. */
export function instantOf(time: WritableEvent["start"]): { readonly at: Date } | { readonly problem: string } {
  if (time === undefined) return { problem: "Missing time." };
  if (time.timeZone !== undefined && !isTimeZone(time.timeZone)) {
    return { problem: `Invalid time zone definition: ${time.timeZone}` };
  }
  if (time.date !== undefined && time.dateTime !== undefined) return { problem: "Both a date and a dateTime." };
  if (time.date !== undefined) return { at: new Date(`${time.date}T00:00:00Z`) };
  const [, , offset] = DATE_TIME.exec(time.dateTime ?? "") ?? [];
  if (!DATE_TIME.test(time.dateTime ?? "")) return { problem: `Invalid value for dateTime: ${time.dateTime}` };
  if (offset !== undefined) return { at: new Date(time.dateTime ?? "") };
  if (time.timeZone === undefined) return { problem: "Missing time zone definition for start time." };
  return { at: wallTime(time.dateTime ?? "", time.timeZone) };
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** A wall clock time in a zone as an instant: the zone's offset is looked up twice, since it may change in between. */
function wallTime(dateTime: string, timeZone: string): Date {
  const asUtc = Date.parse(`${dateTime}Z`);
  const first = asUtc - offsetMs(new Date(asUtc), timeZone);
  return new Date(asUtc - offsetMs(new Date(first), timeZone));
}

function offsetMs(at: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" }).formatToParts(at);
  const name = parts.find(({ type }) => type === "timeZoneName")?.value ?? "GMT";
  const [, sign, hours = "0", minutes = "0", secs = "0"] = /GMT([+-])?(\d+)?:?(\d+)?:?(\d+)?/.exec(name) ?? [];
  const ms = (Number(hours) * 3600 + Number(minutes) * 60 + Number(secs)) * 1000;
  return sign === "-" ? -ms : ms;
}
