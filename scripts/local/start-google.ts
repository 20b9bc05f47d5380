import { PubSub } from "@google-cloud/pubsub";
import { buckets } from "../../infra/topology/buckets.ts";
import { startAdministrationEmulator } from "../emulators/administration/start-administration-emulator.ts";
import { startCalendarEmulator } from "../emulators/calendar/start-calendar-emulator.ts";
import { startDriveEmulator } from "../emulators/drive/drive-emulator.ts";
import { startLanguageEmulator } from "../emulators/language/start-language-emulator.ts";
import { startMeetEmulator } from "../emulators/meet/start-meet-emulator.ts";
import { startMetadataServer } from "../emulators/metadata/start-metadata-server.ts";
import { type OAuthEmulator, startOAuthEmulator } from "../emulators/oauth/start-oauth-emulator.ts";
import { startPubSubEmulator } from "../emulators/pubsub/start-pubsub-emulator.ts";
import { type EmulatorClock, scaledClock } from "../emulators/rest/emulator.ts";
import type { Permits } from "../emulators/rest/iam-policy.ts";
import { startSecretManagerEmulator } from "../emulators/secretmanager/start-secret-manager-emulator.ts";
import { startSmtpSink } from "../emulators/smtp/start-smtp-sink.ts";
import { startSpeech } from "../emulators/speech/start-speech.ts";
import { startStorage } from "../emulators/storage/start-storage.ts";
import { startTelemetryEmulator } from "../emulators/telemetry/start-telemetry-emulator.ts";
import { startWorkspaceEventsEmulator } from "../emulators/workspaceevents/start-workspace-events-emulator.ts";
import type { Addresses } from "./addresses.ts";
import { googleInspection } from "./google-inspection.ts";
import { bareProject, bucketBindings } from "./installation.ts";
import { bucketName, deployerIdentity, localProject, serviceAccount, topicPath } from "./local-project.ts";
import { type Keep, startTogether } from "./start-together.ts";

export interface GoogleOptions {
  readonly timeScale: number;
  readonly redirectUri: string;
  /** The official Storage client sends no token to a custom endpoint; this lets it in as a service account. */
  readonly openStorage: boolean;
  readonly foreign: { readonly pubsubHost?: string | undefined; readonly storage?: string | undefined };
}

export type GoogleEmulators = Awaited<ReturnType<typeof startGoogleEmulators>>;

type Publish = (
  topic: string,
  message: { readonly data: Buffer; readonly attributes: Readonly<Record<string, string>> },
) => void;

/** All of Google that the product talks to, in this process, each API on a port of its own. */
export function startGoogleEmulators(options: GoogleOptions) {
  return startTogether((keep) => startEmulators(options, keep));
}

async function startEmulators(options: GoogleOptions, keep: Keep) {
  const clock = scaledClock(options.timeScale);
  const oauth = keep(await startOAuthEmulator({ clock, clients: [clientOf(options.redirectUri)] }));
  const common = { authority: oauth, clock };
  const administration = keep(await startAdministrationEmulator({ ...common, installation: bareProject }));
  const { permits } = administration;
  const pubsub = await startPubsub(options, { clock, oauth, permits, keep });
  const publish = pubsub.publish;

  const guest = { kind: "service_account", email: serviceAccount("laptop") } as const;
  const storageAuthority = options.openStorage ? { ...oauth, anonymous: guest } : oauth;
  const storage =
    options.foreign.storage === undefined
      ? keep(await startStorage({ clock, authority: storageAuthority, permits, ...seededBuckets(publish) }))
      : null;
  const storageUrl = options.foreign.storage ?? storage?.url ?? "";
  const speechToken = () => Promise.resolve(oauth.accessToken(serviceAccount("gcp-sa-speech")).token);
  const workspaceEvents = keep(
    await startWorkspaceEventsEmulator({ ...common, projectId: localProject.projectId, publish }),
  );
  const drive = keep(await startDriveEmulator(common));
  const meet = keep(await startMeetEmulator({ ...common, recordings: drive.files, events: workspaceEvents }));
  const nameOf = (email: string) => oauth.accounts().find((account) => account.email === email)?.name;
  const calendar = keep(await startCalendarEmulator({ ...common, meet, nameOf }));
  const speech = keep(await startSpeech({ ...common, storageUrl, accessToken: speechToken }));
  const language = keep(await startLanguageEmulator(common));
  const secretmanager = keep(await startSecretManagerEmulator({ ...common, admins: [deployerIdentity], permits }));
  const telemetry = keep(await startTelemetryEmulator({ ...common, projectId: localProject.projectId }));
  const smtp = keep(await startSmtpSink({ clock }));
  const servers = { oauth, calendar, drive, language, meet, secretmanager, speech, telemetry, workspaceEvents };

  const addresses: Omit<Addresses, "supabaseUrl" | "supabaseSecretKey" | "supabasePublishableKey" | "databaseUrl"> = {
    ...{ pubsubHost: pubsub.host, pubsubRest: pubsub.emulator?.url ?? "", administration: administration.url },
    ...{ oauth: oauth.url, calendar: calendar.url, drive: drive.url, language: language.url, meet: meet.url },
    ...{ secretmanager: secretmanager.url, speech: speech.url, storage: storageUrl, telemetry: telemetry.url },
    ...{ workspaceevents: workspaceEvents.url, smtp: { host: smtp.host, port: smtp.port } },
  };
  return {
    addresses,
    ...{ ...servers, administration, storage, smtp, pubsub: pubsub.emulator },
    ...googleInspection({ ...servers, administration, storage, smtp }),
    mintIdToken: oauth.mintIdToken,
    createAccount: oauth.createAccount,
    putSecret: (name: string, value: string, accessor: string) =>
      secretmanager.putSecret({
        name: `projects/${localProject.projectId}/secrets/${name}`,
        value,
        accessors: [accessor],
      }),
    metadataHostOf: async (account: string): Promise<string> => {
      const { projectId, region } = localProject;
      return keep(await startMetadataServer({ serviceAccount: account, projectId, region, tokens: oauth, clock })).host;
    },
  };
}

const clientOf = (redirectUri: string) => ({
  clientId: localProject.clientId,
  clientSecret: localProject.clientSecret,
  redirectUris: [redirectUri],
});

interface PubsubParts {
  readonly clock: EmulatorClock;
  readonly oauth: OAuthEmulator;
  readonly permits: Permits;
  readonly keep: Keep;
}

/** Our Pub/Sub, or a client of a foreign one: Google's services publish to whichever there is. */
async function startPubsub({ foreign }: GoogleOptions, { clock, oauth, permits, keep }: PubsubParts) {
  if (foreign.pubsubHost === undefined) {
    const emulator = keep(
      await startPubSubEmulator({
        clock,
        pullClock: scaledClock(1),
        mintIdToken: oauth.mintIdToken,
        authority: oauth,
        permits,
      }),
    );
    const publish: Publish = (topic, message) => void emulator.publish(topic, message);
    return { emulator, host: emulator.host, publish };
  }
  const client = new PubSub({ projectId: localProject.projectId, apiEndpoint: foreign.pubsubHost, emulatorMode: true });
  keep({ stop: () => client.close() });
  const publish: Publish = (topic, message) =>
    void client
      .topic(topic)
      .publishMessage(message)
      .catch(() => undefined);
  return { emulator: null, host: foreign.pubsubHost, publish };
}

/** The topology's buckets, each telling its topic of finished objects. */
function seededBuckets(publish: Publish) {
  return {
    publish,
    buckets: buckets.map(({ name, notifies }) => ({
      name: bucketName(name),
      location: localProject.region,
      publicAccessPrevention: "enforced" as const,
      bindings: bucketBindings(),
      notifies: [{ topicFullName: topicPath(notifies.topic), eventTypes: [...notifies.eventTypes] }],
    })),
  };
}
