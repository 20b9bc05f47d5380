import { BookingPlatform } from "./booking-platform.ts";
import { readOptions, runCommand } from "./command-line.ts";
import { foreignServices } from "./foreign-services.ts";
import { listenForInterruption } from "./interruption.ts";
import { localProject, serviceAccount } from "./local-project.ts";
import { type LocalStack, startStack } from "./start-stack.ts";

const USAGE = `npm run local [-- --json]

Starts the whole product on this machine and stays until Ctrl-C.
  --json   print one line of JSON with every address, key and function URL`;

/** Everything a foreign client needs to use a running stack. */
export function describeStack(stack: LocalStack) {
  return {
    projectId: localProject.projectId,
    ...stack.addresses,
    functions: Object.fromEntries([...stack.functions].map(([name, running]) => [name, running.url])),
    control: stack.google.control,
    operator: stack.operatorEnvironment,
    logs: stack.logsFolder,
    pid: process.pid,
  };
}

async function main(): Promise<undefined> {
  const values = readOptions({ json: { type: "boolean", default: false } });
  if (values.help) return void console.log(USAGE);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const interruption = listenForInterruption(() => say("stopping"));
  const stack = await startStack({
    foreign: foreignServices(process.env),
    openStorage: true,
    onProgress: (step) => say(`starting ${step}`),
  });
  try {
    if (interruption.code() !== null) return;
    const description = { ...describeStack(stack), ...(await seedPlatform(stack)) };
    console.log(values.json ? JSON.stringify(description) : table(description));
    say("running; Ctrl-C stops it");
    await interruption.happened;
  } finally {
    await stack.stop();
  }
}

/** Scopes of the printed consultant token: everything the product itself asks for. */
const CURL_SCOPES = [
  ...["calendar.events", "calendar.freebusy", "meetings.space.readonly", "meetings.space.settings"],
  ...["drive.meet.readonly", "userinfo.email"],
].map((name) => `https://www.googleapis.com/auth/${name}`);

/** A service and a connected consultant to begin with, and tokens for curl. */
async function seedPlatform(stack: LocalStack) {
  const platform = new BookingPlatform(stack);
  try {
    const serviceId = await platform.createService("Consulting call");
    const consultant = await platform.createConsultant("Dr. Lena Hoffmann", "lena@consulting.example");
    await platform.connectGoogle(consultant);
    const session = await stack.supabase.mintUserJwt(consultant.userId, consultant.email);
    return {
      seed: { serviceId, ...consultant },
      tokens: {
        supabaseUser: session,
        googleUser: stack.google.oauth.userAccessToken(consultant.email, CURL_SCOPES),
        googleServiceAccount: stack.google.oauth.accessToken(serviceAccount("laptop")).token,
      },
    };
  } finally {
    await platform.close();
  }
}

/** One line per address, nested ones indented by their group's name. */
function table(description: object, group = ""): string {
  return Object.entries(description)
    .map(([name, value]) =>
      typeof value === "object" && value !== null ? table(value, `${name} `) : `${(group + name).padEnd(32)} ${value}`,
    )
    .join("\n");
}

if (import.meta.main) await runCommand(main);
