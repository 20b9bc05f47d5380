import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { PubSub } from "@google-cloud/pubsub";
import { afterAll, beforeAll, expect, it } from "vitest";
import { awaitRow } from "../demo/await-row.ts";
import { BookingPlatform } from "../local/booking-platform.ts";
import { localProject } from "../local/local-project.ts";
import { type LocalStack, startStack } from "../local/start-stack.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
const TIMEOUT_MS = 60_000;

let stack: LocalStack;
let platform: BookingPlatform;
let pubsub: PubSub;

beforeAll(async () => {
  stack = await startStack();
  platform = new BookingPlatform(stack);
  const { pubsubHost: apiEndpoint } = stack.addresses;
  pubsub = new PubSub({ projectId: localProject.projectId, apiEndpoint, emulatorMode: true });
}, 120_000);
afterAll(async () => {
  await pubsub?.close();
  await platform?.close();
  await stack?.stop();
});

/** The command as its npm script starts it, with nothing but an operator's environment. */
async function replay(...args: string[]): Promise<{ report: Record<string, unknown>; lines: string }> {
  const environment = {
    ...{ PATH: process.env["PATH"], METADATA_SERVER_DETECTION: "none" },
    ...{ SUPABASE_URL: stack.addresses.supabaseUrl, SUPABASE_SECRET_KEY: stack.addresses.supabaseSecretKey },
    ...{ GOOGLE_CLOUD_PROJECT_ID: localProject.projectId, PUBSUB_EMULATOR_HOST: stack.addresses.pubsubHost },
  };
  const command = ["scripts/ops/main.ts", "replay", "--dead-letters", ...args];
  const { stdout } = await run(process.execPath, command, { cwd: root, env: environment });
  return { report: args.includes("--json") ? JSON.parse(stdout) : {}, lines: stdout };
}

/** The Calendar answers every call with 503, or is well again. */
async function calendar(state: "down" | "up"): Promise<void> {
  const url = `${stack.addresses.calendar}/emulator/faults`;
  const body = JSON.stringify({ operation: "*", kind: "status", status: 503, times: 10_000 });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, state === "down" ? { method: "POST", headers, body } : { method: "DELETE" });
  expect(answer.ok).toBe(true);
}

async function insertBooking(): Promise<string> {
  const consultant = await platform.createConsultant("Dr. Olga Outage");
  await platform.connectGoogle(consultant);
  return await platform.insertBooking({
    ...{ serviceId: await platform.createService("Call"), consultantId: consultant.consultantId, title: "A call" },
    ...{ startsAt: new Date("2031-01-14T09:00:00Z"), endsAt: new Date("2031-01-14T10:00:00Z"), timeZone: "UTC" },
    ...{ customerName: "Grace Guest", customerEmail: null },
  });
}

it("a booking whose message was given up by Pub/Sub gets its link after the outage, by a replay of the dead letter", async () => {
  // Fewer attempts than the topology's thirty: the outage of this test lasts seconds.
  const subscription = pubsub.subscription("process-booking");
  const [known] = await subscription.getMetadata();
  await subscription.setMetadata({ deadLetterPolicy: { ...known.deadLetterPolicy, maxDeliveryAttempts: 5 } });
  await calendar("down");
  const bookingId = await insertBooking();
  await pubsub.topic("booking-events-dead-letter").publishMessage({ data: Buffer.from("{") });
  await expect
    .poll(() => stack.google.pubsub?.topicMessages("booking-events-dead-letter").length, { timeout: TIMEOUT_MS })
    .toBeGreaterThanOrEqual(2);
  await calendar("up");
  const plan = await replay();
  expect(plan.lines).toMatch(new RegExp(`booking ${bookingId} \\(message \\d+, delivered 5 times\\)`));
  expect(plan.lines).toMatch(/nobody can tell what .* stays: it is not JSON/);
  const done = await replay("--yes", "--json");
  expect(done.report).toMatchObject({ applied: true, complete: true, kept: 1 });
  await awaitRow(platform, {
    ...{ bookingId, what: "The Meet link", timeoutMs: TIMEOUT_MS },
    until: (row) => row.pipeline_status === "scheduled",
  });
  expect((await replay("--json")).report).toMatchObject({ found: 1, kept: 1 });
}, 120_000);
