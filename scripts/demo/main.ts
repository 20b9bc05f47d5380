import path from "node:path";
import { readOptions, runCommand } from "../local/command-line.ts";
import { foreignServices } from "../local/foreign-services.ts";
import { type Interruption, listenForInterruption } from "../local/interruption.ts";
import { describeStack } from "../local/main.ts";
import { type LocalStack, startStack } from "../local/start-stack.ts";
import { type MeetingScript, readMeeting } from "./meeting-file.ts";
import { makeNarrator, type Narrator } from "./narrator.ts";
import { type DemoResult, runDemo } from "./run-demo.ts";

const USAGE = `npm run demo [-- OPTIONS]

Shows the main job on this machine: a booking row becomes a meeting with insights.
  --json           print one JSON object {booking, timeline, stages, elapsedMs} and nothing else on stdout
  --meeting FILE   the meeting that is held: {"meeting_transcripts":[{"speaker","content"}]}
  --keep           leave everything running afterwards and print the addresses`;

async function main(): Promise<number | undefined> {
  const flag = { type: "boolean", default: false } as const;
  const args = readOptions({ json: flag, keep: flag, meeting: { type: "string" } });
  if (args.help) return void console.log(USAGE);
  const narrator = makeNarrator({ quiet: args.json });
  // npm runs scripts in the project's folder; a file is meant from where the person stands.
  const file = args.meeting === undefined ? undefined : path.resolve(process.env["INIT_CWD"] ?? ".", args.meeting);
  const script = await readMeeting(file);
  const interruption = listenForInterruption(narrator.stopping);
  narrator.starting();
  const stack = await startStack({ foreign: foreignServices(process.env), onProgress: narrator.preparing });
  try {
    await Promise.race([show(stack, { json: args.json, script, narrator }), interruption.happened]);
    if (args.keep) await keepRunning(stack, { interruption, narrator });
    return interruption.code() === null || args.keep ? 0 : (interruption.code() ?? 0);
  } catch (error) {
    if (interruption.code() !== null) return interruption.code() ?? 0;
    throw new Error(`${(error as Error).message} The functions' logs are in ${stack.logsFolder}.`, { cause: error });
  } finally {
    narrator.end();
    await stack.stop();
  }
}

interface Show {
  readonly json: boolean;
  readonly script: MeetingScript;
  readonly narrator: Narrator;
}

async function show(stack: LocalStack, { json, script, narrator }: Show): Promise<void> {
  const result: DemoResult = await runDemo({ stack, script, listener: narrator });
  if (json) console.log(JSON.stringify(result));
  else narrator.show(result);
}

async function keepRunning(
  stack: LocalStack,
  { interruption, narrator }: { readonly interruption: Interruption; readonly narrator: Narrator },
): Promise<void> {
  narrator.end();
  process.stderr.write(`${JSON.stringify(describeStack(stack), null, 2)}\nrunning; Ctrl-C stops it\n`);
  await interruption.happened;
}

await runCommand(main);
