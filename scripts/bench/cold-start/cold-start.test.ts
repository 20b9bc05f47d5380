import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The command as its npm script starts it. */
function bench(...args: string[]): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ["scripts/bench/main.ts", ...args], {
    cwd: root,
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

it("starts a built function to its first real answer, beside its references, in one run", async () => {
  const { exitCode, stdout, stderr } = await bench(
    ...["cold-start", "--only", "relay-outbox", "--repetitions", "1", "--json"],
  );

  expect(stderr).toContain("round 1 of 1");
  expect(exitCode).toBe(0);
  const [run] = JSON.parse(stdout).benchmarks;
  const rows: { contestant: string; figures: Record<string, { median: number; ratio: number | null }> }[] =
    run.comparison.rows;
  const names = rows.map(({ contestant }) => contestant);
  expect(names).toEqual(["node http", "hello", "relay-outbox", "relay-outbox, unbundled"]);
  for (const { figures } of rows) expect(figures["firstAnswerMs"]?.median).toBeGreaterThan(10);
  const ratioOf = (name: string) => rows.find((row) => row.contestant === name)?.figures["firstAnswerMs"]?.ratio ?? 0;
  // Ten times apart when measured well: one noisy start does not turn them round.
  expect(ratioOf("relay-outbox")).toBeLessThan(ratioOf("relay-outbox, unbundled"));
  expect(run.comparison.verdicts.map(({ target }: { target: number }) => target)).toEqual([1.2, 90]);
}, 120_000);

it("is refused with a sentence when its name is wrong", async () => {
  const { exitCode, stdout, stderr } = await bench("warm-start");

  expect([exitCode, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^No benchmark is called warm-start/);
});
