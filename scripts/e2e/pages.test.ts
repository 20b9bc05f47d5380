import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environments } from "../../infra/environments.ts";
import { awaitRow } from "../demo/await-row.ts";
import { BookingPlatform } from "../local/booking-platform.ts";
import { localProject } from "../local/local-project.ts";
import { type LocalStack, startStack } from "../local/start-stack.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const docs = readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" });
const pages = ["README.md", ...docs.filter((file) => file.endsWith(".md")).map((file) => `docs/${file}`)].toSorted();
const textOf = (page: string): string => readFileSync(path.join(root, page), "utf8");

/** Commands that only a person can run, and what stands in for them. */
const BY_HAND: readonly (readonly [command: RegExp, instead: string])[] = [
  [/^init /, "asks questions; scripts/ops/init.test.ts answers them"],
  [/^secrets set /, "wants a value for a secret that has none; scripts/ops/secrets.test.ts has one"],
  [/^secrets rotate (?!relay-ping-key)/, "wants a value that is nowhere here; scripts/ops/secrets.test.ts has one"],
  [/^secrets disable-old /, "reads the state of a deployment; scripts/ops/secrets.test.ts has one"],
];

/** What the pages show to be run as it stands, without the comment behind it; each once. */
const shown = [
  ...new Set(
    pages.flatMap((page) =>
      [...textOf(page).matchAll(/^ {4,}npm run ops -- ([^#\n]+)/gm)].map(([, words = ""]) => words.trim()),
    ),
  ),
];
const run = shown.filter((command) => !BY_HAND.some(([pattern]) => pattern.test(command)));

let stack: LocalStack;
let platform: BookingPlatform;
let folder: string;
let names: Readonly<Record<string, string>>;

beforeAll(async () => {
  stack = await startStack();
  platform = new BookingPlatform(stack);
  const consultant = await platform.createConsultant("Dr. Paula Page");
  const serviceId = await platform.createService("Consulting call");
  await platform.connectGoogle(consultant);
  const bookingId = await platform.insertBooking({
    ...{ serviceId, consultantId: consultant.consultantId, title: "A call", timeZone: "Europe/Berlin" },
    ...{ startsAt: new Date("2030-01-14T09:00:00Z"), endsAt: new Date("2030-01-14T10:00:00Z") },
    ...{ customerName: "Grace Guest", customerEmail: "grace@customer.example" },
  });
  await awaitRow(platform, {
    ...{ bookingId, what: "The Meet link", timeoutMs: 30_000 },
    until: (row) => row.pipeline_status === "scheduled",
  });
  // One from before, for a backfill to take up and to give back.
  await platform.rows("alter table public.bookings disable trigger user");
  await platform.rows(
    `insert into public.bookings
       (service_id, consultant_id, status, title, starts_at, ends_at, time_zone, customer_name)
     values ($1, $2, 'confirmed', 'An old call', now() + interval '9 days', now() + interval '10 days', 'UTC', 'Oscar')`,
    [serviceId, consultant.consultantId],
  );
  await platform.rows("alter table public.bookings enable trigger user");
  names = { BOOKING: bookingId, ID: consultant.consultantId };
  folder = mkdtempSync(path.join(tmpdir(), "pages-"));
  const [example] = environments;
  const { projectId, clientId: oauthClientId } = localProject;
  const prod = { ...example, name: "prod", projectId, oauthClientId, supabaseUrl: stack.addresses.supabaseUrl };
  writeFileSync(path.join(folder, "environments.ts"), `export const environments = ${JSON.stringify([prod])};`);
  writeFileSync(path.join(folder, "mine.jsonl"), "");
}, 120_000);
afterAll(async () => {
  await platform?.close();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The words of a command, with what stands for something replaced by it, and the laptop in place of an environment. */
function wordsOf(command: string): string[] {
  const words = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");
  const local = words.map((word) => names[word] ?? word);
  const at = local.indexOf("--env");
  if (at === -1) return local;
  // Doctor would compare the laptop with the example; it knows the laptop from its variables.
  if (local[0] === "doctor") return local.toSpliced(at, 2);
  return [...local, "--file", path.join(folder, "environments.ts")];
}

const ops = (command: string) =>
  new Promise<{ readonly code: number; readonly said: string }>((resolve) => {
    const script = path.join(root, "scripts/ops/main.ts");
    const env = { PATH: process.env["PATH"], HOME: folder, ...stack.operatorEnvironment };
    execFile(process.execPath, [script, ...wordsOf(command)], { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), said: `${stdout}${stderr}` });
    });
  });

describe("the pages", () => {
  it.each(pages)("%s links only to what is there", (page) => {
    const targets = [...textOf(page).matchAll(/\]\(([^)#\s]+)(?:#[^)\s]*)?\)/g)].map(([, target = ""]) => target);
    const files = targets.filter((target) => !/^[a-z]+:/.test(target));
    expect(files.filter((file) => !existsSync(path.join(root, path.dirname(page), file)))).toEqual([]);
  });

  it("leave nothing to be done by hand that they do not show", () => {
    expect(BY_HAND.filter(([pattern]) => !shown.some((command) => pattern.test(command)))).toEqual([]);
    expect(run.length).toBeGreaterThan(15);
  });

  it.each(run)("show a command that works: npm run ops -- %s", { timeout: 60_000 }, async (command) => {
    expect(await ops(command)).toEqual({ code: 0, said: expect.not.stringContaining("Unexpected:") });
  });
});
