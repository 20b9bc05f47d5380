import type { AdministrationEmulator } from "../emulators/administration/start-administration-emulator.ts";
import type { CalendarEmulator } from "../emulators/calendar/start-calendar-emulator.ts";
import type { DriveEmulator } from "../emulators/drive/drive-emulator.ts";
import type { LanguageEmulator } from "../emulators/language/start-language-emulator.ts";
import type { MeetEmulator } from "../emulators/meet/start-meet-emulator.ts";
import type { OAuthEmulator } from "../emulators/oauth/start-oauth-emulator.ts";
import type { SmtpSink } from "../emulators/smtp/start-smtp-sink.ts";
import type { SpeechEmulator } from "../emulators/speech/start-speech.ts";
import type { StorageEmulator } from "../emulators/storage/start-storage.ts";
import type { TelemetryEmulator } from "../emulators/telemetry/start-telemetry-emulator.ts";
import type { WorkspaceEventsEmulator } from "../emulators/workspaceevents/start-workspace-events-emulator.ts";
import { bucketName } from "./local-project.ts";

/** The emulators that can be looked into; storage is null when a foreign one is used. */
export interface InspectedEmulators {
  readonly administration: AdministrationEmulator;
  readonly oauth: OAuthEmulator;
  readonly calendar: CalendarEmulator;
  readonly drive: DriveEmulator;
  readonly language: LanguageEmulator;
  readonly meet: MeetEmulator;
  readonly speech: SpeechEmulator;
  readonly telemetry: TelemetryEmulator;
  readonly workspaceEvents: WorkspaceEventsEmulator;
  readonly storage: StorageEmulator | null;
  readonly smtp: SmtpSink;
}

/** What a person at Google could see, for the demo's end and for assertions; none of it is used by the product. */
export function googleInspection(emulators: InspectedEmulators) {
  const { administration, calendar, meet, speech, storage, smtp, workspaceEvents, ...others } = emulators;
  const servers = { calendar, meet, speech, workspaceEvents, ...others, ...(storage !== null && { storage }) };
  return {
    holdMeeting: (meetingCode: string, script: Parameters<MeetEmulator["hold"]>[0]["script"]) =>
      meet.hold({ meetingCode, script }),
    /** Live events that carry a booking's id, on any calendar. */
    liveEventsOf: (bookingId: string): number =>
      calendar
        .events()
        .filter(
          (event) => event.status !== "cancelled" && event.extendedProperties?.private?.["bookingId"] === bookingId,
        ).length,
    /** Objects of our bucket under one of the prefixes; empty with a foreign storage. */
    objectNames: (prefix: string): string[] =>
      storage === null
        ? []
        : [...storage.state.bucket(bucketName("recordings")).objects.keys()].filter((name) => name.startsWith(prefix)),
    /** Paid transcriptions whose audio object has this name. */
    transcriptionsOf: (objectName: string): number =>
      [...speech.jobs.values()].filter(({ job }) =>
        job.request.files?.some(({ uri }) => uri?.endsWith(`/${objectName}`)),
      ).length,
    mailsTo: (address: string): number => smtp.messages({ to: address }).length,
    nextMailTo: (address: string) => smtp.nextMessage({ to: address }),
    /** Tells of every call that any API answered; returns how to stop. */
    observeCalls: (observer: (operation: string) => void): (() => void) => {
      const stops = Object.values(servers).map((server) => server.calls.observe(observer));
      return () => {
        for (const stop of stops) stop();
      };
    },
    /** Addresses of the control calls (`/emulator/…`) of each API. */
    control: {
      administration: administration.url,
      ...Object.fromEntries(Object.entries(servers).map(([name, server]) => [name, server.url])),
      smtp: smtp.url,
    } as Readonly<Record<string, string>>,
  };
}
