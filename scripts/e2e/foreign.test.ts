import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { PubSub } from "@google-cloud/pubsub";
import { Storage } from "@google-cloud/storage";
import { createClient } from "@supabase/supabase-js";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { readMeeting } from "../demo/meeting-file.ts";
import { runDemo } from "../demo/run-demo.ts";
import { startPubSubEmulator } from "../emulators/pubsub/start-pubsub-emulator.ts";
import { scaledClock } from "../emulators/rest/emulator.ts";
import { startStorage } from "../emulators/storage/start-storage.ts";
import { INSERT_BOOKING } from "../local/booking-platform.ts";
import { bucketName } from "../local/local-project.ts";
import { startStack } from "../local/start-stack.ts";

/** The printed line, as far as a stranger would use it. */
interface LocalDescription {
  readonly projectId: string;
  readonly supabaseUrl: string;
  readonly supabaseSecretKey: string;
  readonly supabasePublishableKey: string;
  readonly databaseUrl: string;
  readonly pubsubHost: string;
  readonly storage: string;
  readonly calendar: string;
  readonly functions: Readonly<Record<string, string>>;
  readonly seed: { readonly serviceId: string; readonly consultantId: string };
  readonly tokens: { readonly googleUser: string };
}

const localMain = fileURLToPath(new URL("../local/main.ts", import.meta.url));

describe("a stack whose Pub/Sub and Storage are somebody else's", () => {
  it("runs the main job though Pub/Sub cannot push and Storage notifies nobody", async () => {
    const clock = scaledClock(1);
    const pubsub = await startPubSubEmulator({ clock, push: false });
    const anyone = { kind: "service_account", email: "anyone@example.com" } as const;
    const storage = await startStorage({ clock, authority: { anonymous: anyone, principalOf: () => anyone } });
    onTestFinished(async () => {
      await pubsub.stop();
      await storage.stop();
    });
    const stack = await startStack({ foreign: { pubsubHost: pubsub.host, storage: storage.url } });
    onTestFinished(() => stack.stop());
    const { booking } = await runDemo({ stack, script: await readMeeting(undefined) });
    expect(booking.pipeline_status).toBe("analyzed");
    const names = [...storage.state.bucket(bucketName("recordings")).objects.keys()];
    expect(names.filter((name) => name.startsWith("audio/"))).toHaveLength(1);
  }, 180_000);
});

describe("npm run local -- --json", () => {
  let child: ChildProcess;
  let local: LocalDescription;

  beforeAll(async () => {
    child = spawn(process.execPath, [localMain, "--json"], { stdio: ["ignore", "pipe", "ignore"] });
    const lines = createInterface({ input: child.stdout ?? process.stdin });
    const [line] = (await once(lines, "line")) as [string];
    local = JSON.parse(line);
  }, 120_000);
  afterAll(async () => {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  });

  it("lets supabase-js in with the printed keys", async () => {
    const options = { auth: { persistSession: false } };
    const admin = createClient(local.supabaseUrl, local.supabaseSecretKey, options);
    expect((await admin.from("services").select("id")).data).toEqual([{ id: local.seed.serviceId }]);
    const anonymous = createClient(local.supabaseUrl, local.supabasePublishableKey, options);
    expect((await anonymous.from("bookings").select("id")).error?.code).toBe("42501");
  });

  it("lets a Postgres connection insert a booking and see its link", async () => {
    const client = new pg.Client({ connectionString: local.databaseUrl });
    await client.connect();
    const times = [new Date("2027-02-01T10:00:00Z"), new Date("2027-02-01T11:00:00Z")];
    const values = [
      local.seed.serviceId,
      local.seed.consultantId,
      "A call",
      ...times,
      "UTC",
      "Ada",
      "ada@customer.example",
    ];
    const { rows } = await client.query<{ id: string }>(INSERT_BOOKING, values);
    const link = async () => {
      const read = "select meeting_link from public.bookings where id = $1";
      return (await client.query<{ meeting_link: string | null }>(read, [rows[0]?.id])).rows[0]?.meeting_link;
    };
    await expect.poll(link, { timeout: 30_000 }).toMatch(/^https:\/\/meet\.google\.com\//);
    await client.end();
  });

  it("lets the official Pub/Sub and Storage clients in", async () => {
    const pubsub = new PubSub({ projectId: local.projectId, apiEndpoint: local.pubsubHost, emulatorMode: true });
    const [topics] = await pubsub.getTopics();
    expect(topics.map(({ name }) => name)).toContain(`projects/${local.projectId}/topics/booking-events`);
    await pubsub.close();
    const storage = new Storage({ apiEndpoint: local.storage, projectId: local.projectId });
    const file = storage.bucket(bucketName("recordings")).file("audio/hello.txt");
    await file.save("hello", { resumable: false });
    expect(String((await file.download())[0])).toBe("hello");
  });

  it("lets curl ask the Google emulators with the printed tokens", async () => {
    const url = `${local.calendar}/calendar/v3/calendars/primary/events`;
    expect((await fetch(url)).status).toBe(401);
    const answer = await fetch(url, { headers: { authorization: `Bearer ${local.tokens.googleUser}` } });
    expect([answer.status, ((await answer.json()) as { kind: string }).kind]).toEqual([200, "calendar#events"]);
  });

  it("prints the URL of every function", async () => {
    expect(Object.keys(local.functions)).toContain("process-booking");
    expect((await fetch(local.functions["process-booking"] ?? "", { method: "POST" })).status).toBe(401);
  });
});
