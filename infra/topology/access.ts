/** What one custom role grants; each permission names the call that needs it. */
export interface Access {
  /** Where the role is granted: on the recordings bucket, or on the project where the API knows nothing smaller. */
  readonly on: "recordings" | "project";
  /** Permission of Google Cloud -> method of the port whose adapter needs it. */
  readonly permissions: Readonly<Record<string, string>>;
}

/** Custom roles: the nearest predefined ones may also overwrite objects, move them and change their access. */
export const access = {
  "write-objects": {
    on: "recordings",
    permissions: {
      "storage.objects.create": "ObjectStore.beginUpload",
      "storage.objects.delete": "ObjectStore.remove",
      "storage.objects.get": "ObjectStore.stat",
      "storage.objects.list": "ObjectStore.list",
    },
  },
  "read-objects": {
    on: "recordings",
    permissions: { "storage.objects.get": "ObjectStore.read", "storage.objects.list": "ObjectStore.list" },
  },
  "list-objects": { on: "recordings", permissions: { "storage.objects.list": "ObjectStore.list" } },
  "start-transcriptions": {
    on: "project",
    permissions: {
      "speech.operations.list": "Transcriber.find",
      "speech.recognizers.recognize": "Transcriber.start",
    },
  },
  "write-traces": { on: "project", permissions: { "telemetry.traces.write": "SpanExporter.export" } },
  "check-transcriptions": { on: "project", permissions: { "speech.operations.get": "Transcriber.check" } },
} as const satisfies Readonly<Record<string, Access>>;

export type AccessName = keyof typeof access;

/** Role ids take no hyphens. */
export const roleIdOf = (name: string): string =>
  `bookingInsights.${name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())}`;
