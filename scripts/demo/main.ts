import { parseArgs } from "node:util";
import { foreignServices } from "../local/foreign-services.ts";
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

interface DemoArguments {
  readonly json: boolean;
  readonly keep: boolean;
  readonly help: boolean;
  readonly meeting: string | undefined;
}

function readArguments(): DemoArguments {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      meeting: { type: "string" },
    },
  });
  return { ...values, meeting: values.meeting };
}

async function main(): Promise<void> {
  const args = readArguments();
  if (args.help) return console.log(USAGE);
  const narrator = makeNarrator({ quiet: args.json });
  const script = await readMeeting(args.meeting);
  const interrupted = new Promise<void>((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve));
  narrator.starting();
  const stack = await startStack({ foreign: foreignServices(process.env), onProgress: narrator.preparing });
  try {
    await Promise.race([show(stack, { args, script, narrator }), interrupted]);
    if (args.keep) await keepRunning(stack, { interrupted, narrator });
  } catch (error) {
    throw new Error(`${(error as Error).message} The functions' logs are in ${stack.logsFolder}.`, { cause: error });
  } finally {
    narrator.end();
    await stack.stop();
  }
}

interface Show {
  readonly args: DemoArguments;
  readonly script: MeetingScript;
  readonly narrator: Narrator;
}

async function show(stack: LocalStack, { args, script, narrator }: Show): Promise<void> {
  const result: DemoResult = await runDemo({ stack, script, listener: narrator });
  if (args.json) console.log(JSON.stringify(result));
  else narrator.show(result);
}

async function keepRunning(
  stack: LocalStack,
  { interrupted, narrator }: { readonly interrupted: Promise<void>; readonly narrator: Narrator },
): Promise<void> {
  narrator.end();
  process.stderr.write(`${JSON.stringify(describeStack(stack), null, 2)}\nrunning; Ctrl-C stops it\n`);
  await interrupted;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
