/** What of ours a call of an official client touches. */
export type Touches = "project" | "recordings" | "relayed topics" | "secrets read while running";

export interface ClientCall {
  readonly permissions: readonly string[];
  readonly on: Touches;
}

const objects = (...permissions: readonly string[]): ClientCall => ({ permissions, on: "recordings" });
const speech = (permission: string): ClientCall => ({ permissions: [permission], on: "project" });
/** No request of its own, or one that goes out as somebody else. */
const nothing = null;

/**
 * Every method of Google's clients that our adapters call as the function's own account, and the permission that Google
 * asks of it. Sources: the IAM permission pages of each API as of 2026-04-10; Cloud Storage's "IAM permissions for JSON
 * methods". A call that is not here fails the test of the table.
 */
export const clientCalls: Readonly<Record<string, ClientCall | null>> = {
  "Storage.bucket": nothing,
  "Bucket.file": nothing,
  // Without the right to list, Cloud Storage answers 403 where an object is missing, and the adapter waits for a 404.
  "File.getMetadata": objects("storage.objects.get", "storage.objects.list"),
  "File.download": objects("storage.objects.get"),
  "File.createResumableUpload": objects("storage.objects.create"),
  // The client deletes what it wrote when the checksums differ.
  "File.createWriteStream": objects("storage.objects.create", "storage.objects.delete"),
  "File.delete": objects("storage.objects.delete"),
  "Bucket.getFiles": objects("storage.objects.list"),

  // Plain requests: the use says which.
  "Transcriber.start: GoogleAuth.request": speech("speech.recognizers.recognize"),
  "Transcriber.check: GoogleAuth.request": speech("speech.operations.get"),
  "Transcriber.find: GoogleAuth.request": speech("speech.operations.list"),

  // Natural Language has no permission of its own: any account of a project that has the API enabled may call it.
  "Resource$Documents.annotateText": { permissions: [], on: "project" },

  "Resource$Projects$Topics.publish": { permissions: ["pubsub.topics.publish"], on: "relayed topics" },

  "Resource$Projects$Secrets$Versions.access": {
    permissions: ["secretmanager.versions.access"],
    on: "secrets read while running",
  },

  // The token of the spans, which OpenTelemetry's exporter and no client of Google's sends.
  "GoogleAuth.getRequestHeaders": { permissions: ["telemetry.traces.write"], on: "project" },

  // Consultants sign in, and Google's public keys are fetched, without the function's account.
  "OAuth2Client.generateAuthUrl": nothing,
  "OAuth2Client.getFederatedSignonCertsAsync": nothing,
  "OAuth2Client.getToken": nothing,
  "OAuth2Client.refreshTokenNoCache": nothing,
  "OAuth2Client.requestAsync": nothing,
  "OAuth2Client.revokeToken": nothing,
  "OAuth2Client.verifyIdToken": nothing,
  "LoginTicket.getPayload": nothing,
  "ConsultantClient.setCredentials": nothing,
};

/** What is known of a call; undefined when nothing is. A method of many uses stands under each of them. */
export function clientCallOf(use: string, client: string): ClientCall | null | undefined {
  const key = [`${use}: ${client}`, client].find((name) => Object.hasOwn(clientCalls, name));
  return key === undefined ? undefined : clientCalls[key];
}
