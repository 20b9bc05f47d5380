import { expect, it } from "vitest";
import { asTyped, makeRunProcess } from "./run-process.ts";

const root = import.meta.dirname;

function port(interrupted = new AbortController().signal) {
  const said: string[] = [];
  return { said, run: makeRunProcess({ cwd: root, say: (line) => void said.push(line), interrupted }) };
}
const node = (code: string, env: Record<string, string> = {}) => ({
  command: process.execPath,
  args: ["-e", code],
  env,
});

it("answers how a program ended and what it wrote, and shows it only where asked", async () => {
  const { run, said } = port();
  const program = node("console.log('out ' + process.env.WORD); console.error('err'); process.exitCode = 3", {
    WORD: "w",
  });
  expect(await run(program, "kept")).toEqual({ code: 3, stdout: "out w", stderr: "err" });
  expect(said).toEqual([]);
  await run(program, "shown");
  expect(said.toSorted()).toEqual(["err", "out w"]);
});

it("answers as a shell does for a program that is not there", async () => {
  const ended = await port().run({ command: "no-such-program-here", args: [] }, "kept");
  expect(ended).toMatchObject({ code: 127, stderr: "no-such-program-here is not on the PATH" });
});

it("cuts the lines it shows, never those it answers", async () => {
  const { run, said } = port();
  const { stdout } = await run(node("console.log('x'.repeat(90_000))"), "shown");
  expect([stdout.length, said[0]?.length]).toEqual([90_000, 502]);
});

it("hands Ctrl-C on once, however often it comes, and waits until the program has ended in good order", async () => {
  const controller = new AbortController();
  const seen: string[] = [];
  let ready = (): void => undefined;
  const started = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const run = makeRunProcess({
    cwd: root,
    interrupted: controller.signal,
    say: (line) => {
      seen.push(line);
      ready();
    },
  });
  const ending = run(
    node(
      "let n = 0; process.on('SIGINT', () => { n += 1; console.log('unlocking ' + n); setTimeout(() => process.exit(0), 300) });" +
        "console.log('locked'); setInterval(() => undefined, 1000)",
    ),
    "shown",
  );
  await started;
  controller.abort();
  controller.abort();
  expect((await ending).code).toBe(0);
  expect(seen).toEqual(["locked", "unlocking 1"]);
});

it("shows a line as one would type it, and names a variable whose value may be secret", () => {
  const env = { TF_VAR_a: '{"b":"1"}', PGPASSWORD: "canary", TF_IN_AUTOMATION: "1" };
  expect(asTyped({ command: "terraform", args: ["plan", "it's"], env })).toBe(
    `TF_VAR_a='{"b":"1"}' terraform plan 'it'\\''s'   (with PGPASSWORD)`,
  );
});
