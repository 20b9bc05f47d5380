import { z } from "zod";

/** Meet REST v2 resources, naming only the fields we read; absent fields are what proto3 leaves out. */

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const optionalInstant = instant.nullish().transform((at) => at ?? null);

export const meetSpace = z.looseObject({ name: z.string().startsWith("spaces/") });

export const meetRecording = z
  .looseObject({
    name: z.string().regex(/^conferenceRecords\/[^/]+\/recordings\/[^/]+$/),
    state: z.enum(["STARTED", "ENDED", "FILE_GENERATED"]),
    driveDestination: z.looseObject({ file: z.string().min(1).optional(), exportUri: z.url().optional() }).optional(),
    startTime: instant,
    endTime: optionalInstant,
  })
  .transform(({ name, state, driveDestination, startTime, endTime }) => ({
    name,
    state,
    driveFileId: driveDestination?.file ?? null,
    exportUri: driveDestination?.exportUri ?? null,
    startsAt: startTime,
    endsAt: endTime,
  }));

export const meetConference = z
  .looseObject({
    name: z.string().startsWith("conferenceRecords/"),
    space: z.string().startsWith("spaces/"),
    startTime: instant,
    endTime: optionalInstant,
  })
  .transform(({ name, space, startTime, endTime }) => ({
    name,
    spaceName: space,
    startsAt: startTime,
    endsAt: endTime,
  }));

const displayName = z.string().default("");

export const meetParticipant = z
  .looseObject({
    name: z.string().startsWith("conferenceRecords/"),
    signedinUser: z.looseObject({ user: z.string().default(""), displayName }).optional(),
    anonymousUser: z.looseObject({ displayName }).optional(),
    phoneUser: z.looseObject({ displayName }).optional(),
  })
  .transform(({ name, signedinUser, anonymousUser, phoneUser }) => {
    if (signedinUser !== undefined) {
      const googleUserId = signedinUser.user.replace(/^users\//, "") || null;
      return { name, displayName: signedinUser.displayName, kind: "signed_in" as const, googleUserId };
    }
    return phoneUser === undefined
      ? { name, displayName: anonymousUser?.displayName ?? "", kind: "anonymous" as const, googleUserId: null }
      : { name, displayName: phoneUser.displayName, kind: "phone" as const, googleUserId: null };
  });

export const meetSession = z
  .looseObject({ startTime: instant, endTime: optionalInstant })
  .transform(({ startTime, endTime }) => ({ startsAt: startTime, endsAt: endTime }));

export const meetTranscript = z.looseObject({ name: z.string().startsWith("conferenceRecords/") });

export const meetTranscriptEntry = z
  .looseObject({
    participant: z.string().default(""),
    text: z.string().default(""),
    languageCode: z.string().default(""),
    startTime: instant,
    endTime: optionalInstant,
  })
  .transform(({ participant, text, languageCode, startTime, endTime }) => ({
    participantName: participant,
    text,
    languageCode,
    startsAt: startTime,
    endsAt: endTime ?? startTime,
  }));
