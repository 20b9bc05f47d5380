import { parseArgs } from "node:util";
import { foreignServices } from "./foreign-services.ts";
import { type LocalStack, startStack } from "./start-stack.ts";

const USAGE = `npm run local [-- --json]

Starts the whole product on this machine and stays until Ctrl-C.
  --json   print one line of JSON with every address, key and function URL`;

/** Everything a foreign client needs to use a running stack. */
export function describeStack(stack: LocalStack) {
  return {
    ...stack.addresses,
    functions: Object.fromEntries([...stack.functions].map(([name, running]) => [name, running.url])),
    control: stack.google.control,
    logs: stack.logsFolder,
    pid: process.pid,
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: "boolean" }, help: { type: "boolean" } } });
  if (values.help) return console.log(USAGE);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const stack = await startStack({
    foreign: foreignServices(process.env),
    onProgress: (step) => say(`starting ${step}`),
  });
  const ended = new Promise<void>((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve));
  if (values.json) console.log(JSON.stringify(describeStack(stack)));
  else console.log(table(describeStack(stack)));
  say("running; Ctrl-C stops it");
  await ended;
  say("stopping");
  await stack.stop();
}

/** One line per address, nested ones indented by their group's name. */
function table(description: object, group = ""): string {
  return Object.entries(description)
    .map(([name, value]) =>
      typeof value === "object" && value !== null ? table(value, `${name} `) : `${(group + name).padEnd(32)} ${value}`,
    )
    .join("\n");
}

if (import.meta.main) await main();
