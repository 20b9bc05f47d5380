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
      "storage.objects.create": "objects.beginUpload",
      "storage.objects.delete": "objects.remove",
      "storage.objects.get": "objects.stat",
      "storage.objects.list": "objects.list",
    },
  },
  "read-objects": {
    on: "recordings",
    permissions: { "storage.objects.get": "objects.read", "storage.objects.list": "objects.list" },
  },
  "list-objects": { on: "recordings", permissions: { "storage.objects.list": "objects.list" } },
  "start-transcriptions": {
    on: "project",
    permissions: {
      "speech.operations.get": "transcriber.find",
      "speech.operations.list": "transcriber.find",
      "speech.recognizers.recognize": "transcriber.start",
    },
  },
  "write-traces": { on: "project", permissions: { "telemetry.traces.write": "spans.export" } },
  "check-transcriptions": { on: "project", permissions: { "speech.operations.get": "transcriber.check" } },
} as const satisfies Readonly<Record<string, Access>>;

export type AccessName = keyof typeof access;
