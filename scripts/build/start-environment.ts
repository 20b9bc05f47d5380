import { type FunctionName, functions } from "../../infra/topology/functions.ts";
import type { Addresses } from "../local/addresses.ts";
import { environmentOf } from "../local/function-environment.ts";

/** The discard port: nothing listens there, and a function that calls out at start-up would be found out. */
const NOWHERE = "127.0.0.1:9";
const nowhere = `http://${NOWHERE}`;

const addresses: Addresses = {
  supabaseUrl: nowhere,
  supabaseSecretKey: "sb_secret_of_the_build",
  supabasePublishableKey: "sb_publishable_of_the_build",
  databaseUrl: `postgres://${NOWHERE}/postgres`,
  pubsubHost: NOWHERE,
  pubsubRest: nowhere,
  administration: nowhere,
  oauth: nowhere,
  calendar: nowhere,
  drive: nowhere,
  language: nowhere,
  meet: nowhere,
  secretmanager: nowhere,
  speech: nowhere,
  storage: nowhere,
  telemetry: nowhere,
  workspaceevents: nowhere,
  smtp: { host: "127.0.0.1", port: 9 },
};

/** A complete environment in which a function starts and answers a stranger, and can reach nothing. */
export function startEnvironment(name: FunctionName): Record<string, string> {
  const found = functions.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no function is called ${name}`);
  return environmentOf(found, {
    addresses,
    timeScale: 1,
    metadataHost: NOWHERE,
    redirectUri: `${nowhere}/callback`,
    functionUrl: () => nowhere,
    secretValue: (secret) => `${secret} of the build`,
  });
}
