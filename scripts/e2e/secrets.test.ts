import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environments } from "../../infra/environments.ts";
import { awaitRow } from "../demo/await-row.ts";
import { BookingPlatform, type PlatformConsultant } from "../local/booking-platform.ts";
import { deployerIdentity, localProject } from "../local/local-project.ts";
import { type LocalStack, startStack } from "../local/start-stack.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const TIMEOUT_MS = 30_000;
/** The laptop's minute is 1.2 s; a booking may wait that long for the sweep, and a little for this machine. */
const SWEEP_MS = 1_200;
const SLACK_MS = 3_000;

let stack: LocalStack;
let platform: BookingPlatform;
let consultant: PlatformConsultant;
let serviceId: string;
let operator: Record<string, string>;
let folder: string;

beforeAll(async () => {
  stack = await startStack();
  platform = new BookingPlatform(stack);
  consultant = await platform.createConsultant("Dr. Rita Rotated");
  serviceId = await platform.createService("Consulting call");
  await platform.connectGoogle(consultant);
  folder = mkdtempSync(path.join(tmpdir(), "rotate-"));
  const file = path.join(folder, "environments.ts");
  const [example] = environments;
  const { projectId, clientId: oauthClientId } = localProject;
  const local = { ...example, name: "laptop", projectId, oauthClientId, supabaseUrl: stack.addresses.supabaseUrl };
  writeFileSync(file, `export const environments = ${JSON.stringify([local])};`);
  operator = {
    GOOGLE_SECRET_MANAGER_ENDPOINT: stack.addresses.secretmanager,
    GCE_METADATA_HOST: await stack.google.metadataHostOf(deployerIdentity),
    METADATA_SERVER_DETECTION: "assume-present",
    HOME: folder,
  };
}, 120_000);
afterAll(async () => {
  await platform?.close();
  await stack?.stop();
  rmSync(folder, { recursive: true });
});

/** The command as its npm script starts it, with an operator's environment. */
function secrets(...args: string[]): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const file = path.join(folder, "environments.ts");
  const child = spawn(process.execPath, ["scripts/ops/main.ts", "secrets", ...args, "--file", file], {
    cwd: root,
    env: { PATH: process.env["PATH"], ...operator },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => child.once("close", (exitCode) => resolve({ exitCode, stdout, stderr })));
}

const insert = (): Promise<string> =>
  platform.insertBooking({
    ...{ serviceId, consultantId: consultant.consultantId, title: "A call", timeZone: "Europe/Berlin" },
    ...{ startsAt: new Date("2030-01-14T09:00:00Z"), endsAt: new Date("2030-01-14T10:00:00Z") },
    ...{ customerName: "Grace Guest", customerEmail: "grace@customer.example" },
  });
const scheduled = (bookingId: string) =>
  awaitRow(platform, {
    ...{ bookingId, what: "The Meet link", timeoutMs: TIMEOUT_MS },
    until: (row) => row.pipeline_status === "scheduled",
  });

describe("the ping key of a running stack", () => {
  it("is rotated while bookings come in, and none is lost or waits longer than for the sweep", async () => {
    const ids = [await insert()];
    await scheduled(ids[0]!);
    let rotating = true;
    const rotation = secrets("rotate", "relay-ping-key", "--json").finally(() => {
      rotating = false;
    });
    while (rotating) {
      ids.push(await insert());
      await new Promise((resolve) => setImmediate(resolve));
      await scheduled(ids.at(-1)!);
    }
    const { exitCode, stdout, stderr } = await rotation;
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, kind: "rotated", version: 2, olderEnabled: [1] });
    for (let after = 0; after < 3; after += 1) ids.push(await insert());
    for (const id of ids) await scheduled(id);

    const waits = await platform.rows<{ milliseconds: number }>(
      `select (extract(epoch from published_at - created_at) * 1000)::int as milliseconds from private.outbox
       where data ->> 'bookingId' = any($1) and attributes ->> 'kind' = 'booking.changed'`,
      [ids],
    );
    expect(waits).toHaveLength(ids.length);
    expect(Math.max(...waits.map(({ milliseconds }) => milliseconds))).toBeLessThan(SWEEP_MS + SLACK_MS);
  }, 60_000);

  it("is the same in Secret Manager and in Vault afterwards, and an operator reads that all is there", async () => {
    const { exitCode, stdout } = await secrets("list", "--json");
    expect([exitCode, JSON.parse(stdout)]).toMatchObject([0, { ok: true, environment: "laptop" }]);
    const { stdout: told } = await secrets("disable-old", "relay-ping-key", "--yes", "--json");
    expect(JSON.parse(told)).toMatchObject({ ok: true, version: 2, disabled: [1] });
    await scheduled(await insert());
  }, 60_000);
});
