/** Where everything of one local stack listens. */
export interface Addresses {
  readonly supabaseUrl: string;
  readonly supabaseSecretKey: string;
  readonly supabasePublishableKey: string;
  /** `postgres`, the owner of our schema. */
  readonly databaseUrl: string;
  /** host:port, as `PUBSUB_EMULATOR_HOST` wants it. */
  readonly pubsubHost: string;
  /** Pub/Sub's REST methods; the gRPC ones of a foreign emulator may have no such address. */
  readonly pubsubRest: string;
  /** Service Usage, Resource Manager, IAM, Cloud Functions, Cloud Run and Cloud Scheduler. */
  readonly administration: string;
  readonly oauth: string;
  readonly calendar: string;
  readonly drive: string;
  readonly language: string;
  readonly meet: string;
  readonly secretmanager: string;
  readonly speech: string;
  readonly storage: string;
  readonly telemetry: string;
  readonly workspaceevents: string;
  readonly smtp: { readonly host: string; readonly port: number };
}
