import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { awaitRow } from "../demo/await-row.ts";
import { BookingPlatform, type PlatformConsultant } from "../local/booking-platform.ts";
import { type LocalStack, startStack } from "../local/start-stack.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const TIMEOUT_MS = 30_000;

let stack: LocalStack;
let platform: BookingPlatform;
let consultant: PlatformConsultant;
let serviceId: string;

beforeAll(async () => {
  stack = await startStack();
  platform = new BookingPlatform(stack);
  consultant = await platform.createConsultant("Dr. Olga Operated");
  serviceId = await platform.createService("Consulting call");
  await platform.connectGoogle(consultant);
}, 120_000);
afterAll(async () => {
  await platform?.close();
  await stack?.stop();
});

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running {
  readonly ended: Promise<Ended>;
  /** Resolves when stderr shows the text. */
  shows(text: RegExp): Promise<void>;
  interrupt(signal: "SIGINT" | "SIGKILL"): void;
}

/** The command as its npm script starts it, with nothing but an operator's environment. */
function start(args: readonly string[], environment: Record<string, string> = operator()): Running {
  const child = spawn(process.execPath, ["scripts/ops/main.ts", ...args], {
    cwd: root,
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  const ended = new Promise<Ended>((resolve) =>
    child.once("close", (exitCode) => resolve({ exitCode, stdout, stderr })),
  );
  const shows = (text: RegExp) =>
    new Promise<void>((resolve, reject) => {
      child.stderr.on("data", () => text.test(stderr) && resolve());
      void ended.then(() => reject(new Error(`it ended without showing ${text}: ${stderr}`)));
    });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return { ended, shows, interrupt: (signal) => void child.kill(signal) };
}

const operator = (): Record<string, string> => ({
  SUPABASE_URL: stack.addresses.supabaseUrl,
  SUPABASE_SECRET_KEY: stack.addresses.supabaseSecretKey,
});

const ops = (...args: string[]): Promise<Ended> => start(args).ended;

/** Runs with --json and gives the one object on stdout. */
async function opsJson<Report>(...args: string[]): Promise<{ exitCode: number | null; report: Report }> {
  const { exitCode, stdout } = await ops(...args, "--json");
  expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  return { exitCode, report: JSON.parse(stdout) as Report };
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

describe("an operator of a running stack", () => {
  it("is told what there is, command by command", async () => {
    const usage = await ops();
    expect(usage.exitCode).toBe(0);
    for (const name of ["status", "explain", "doctor", "replay", "resync", "backfill", "cost", "init", "secrets"]) {
      expect(usage.stdout).toContain(`  ${name}`);
      const help = await ops(name, "--help");
      expect([help.exitCode, help.stdout.split("\n")[0]]).toEqual([
        0,
        expect.stringContaining(`npm run ops -- ${name}`),
      ]);
    }
    const unknown = await ops("destroy");
    expect([unknown.exitCode, unknown.stdout]).toEqual([1, ""]);
    expect(unknown.stderr).toContain('There is no command "destroy"');
  });

  it("reads in a sentence which variables are missing and where they are explained", async () => {
    const empty = { SUPABASE_URL: "", SUPABASE_SECRET_KEY: "" };
    const { exitCode, stderr } = await start(["status"], empty).ended;
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/SUPABASE_URL is missing\n.*SUPABASE_SECRET_KEY is missing\n.*\.env\.example/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it("finds the stack in order, and a trigger that somebody disabled", async () => {
    expect(await opsJson("doctor")).toMatchObject({ exitCode: 0, report: { ok: true } });
    await platform.rows("alter table public.bookings disable trigger on_booking_insert_publish_event");
    const sick = await ops("doctor");
    await platform.rows("alter table public.bookings enable trigger on_booking_insert_publish_event");
    expect(sick.exitCode).toBe(1);
    expect(sick.stdout).toMatch(/FAIL {2}triggers on bookings: .*on_booking_insert_publish_event\n.*\n.*alter table/);
  });

  it("reads a booking's story and a status without fault", async () => {
    const id = await insert();
    const { meeting_link: link } = await scheduled(id);
    const { exitCode, stdout } = await ops("explain", id);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/This booking was confirmed on .*its event and Meet link were made/);
    expect(stdout).toContain(`Now everything is in place: the meeting is on Monday 14 January 2030`);
    expect(stdout).toContain(String(link));
    await stack.google.nextMailTo("grace@customer.example");
    expect(await opsJson("status")).toMatchObject({ exitCode: 0, report: { ok: true, connections: { connected: 1 } } });
    const unknown = await ops("explain", crypto.randomUUID());
    expect([unknown.exitCode, unknown.stderr]).toEqual([1, expect.stringMatching(/^There is no booking/)]);
  });

  it("sees a message that was set aside, replays it, and sees it done", async () => {
    const id = await insert();
    await scheduled(id);
    await platform.rows(
      "update private.outbox set published_at = null, dead_at = now(), last_error = 'refused' where data ->> 'bookingId' = $1",
      [id],
    );
    const wrong = await ops("status");
    expect([wrong.exitCode, wrong.stdout]).toEqual([1, expect.stringMatching(/Wrong: 1 message.*\(refused\).*replay/)]);
    expect(await opsJson("replay", "--yes")).toMatchObject({ exitCode: 0, report: { replayed: 1 } });
    expect(await opsJson("replay", "--yes")).toMatchObject({ exitCode: 0, report: { replayed: 0 } });
    await stack.google.pubsub?.waitUntilIdle({ timeoutMs: TIMEOUT_MS });
    expect(await opsJson("status")).toMatchObject({ exitCode: 0, report: { outbox: { dead: 0 } } });
  });

  it("has an event that somebody deleted from the calendar put back by a resync", async () => {
    const id = await insert();
    const before = await scheduled(id);
    await removeByHand(String(before.google_calendar_event_id));
    expect(await opsJson("resync", "--booking", id, "--yes")).toMatchObject({ report: { queued: 1 } });
    const after = await awaitRow(platform, {
      ...{ bookingId: id, what: "A new event", timeoutMs: TIMEOUT_MS },
      until: (row) => row.google_calendar_event_id !== before.google_calendar_event_id,
    });
    expect(after.pipeline_status).toBe("scheduled");
  });
});

/** As the consultant does it in their calendar. */
async function removeByHand(eventId: string): Promise<void> {
  const answer = await fetch(`${stack.addresses.calendar}/emulator/edit`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ calendarId: consultant.email, eventId, change: { status: "cancelled" } }),
  });
  expect(answer.status).toBe(200);
}
