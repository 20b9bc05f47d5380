import { type Command, CommandError } from "./command.ts";
import { readSecretValue } from "./read-secret-value.ts";
import type { SecretAction, SecretContext } from "./secret-context.ts";

/** Loaded when asked for: Google's clients take a second, which the other commands need not wait for. */
const ACTIONS: Readonly<Record<string, () => Promise<SecretAction>>> = {
  list: async () => (await import("./secret-list.ts")).listSecrets,
  set: async () => (await import("./secret-changes.ts")).setSecret,
  rotate: async () => (await import("./secret-changes.ts")).rotateSecret,
  "disable-old": async () => (await import("./secret-retirement.ts")).disableOld,
};

const USAGE = `npm run ops -- secrets list --env ENV [--json]
npm run ops -- secrets set NAME --env ENV [--generate] [--unchecked] [--dry-run] [--json]
npm run ops -- secrets rotate NAME --env ENV [--unchecked] [--dry-run] [--json]
npm run ops -- secrets disable-old NAME --env ENV [--yes] [--json]

list         each secret: its newest version, how old it is, and which functions read it. Exit code 1 when one has no value
set          stores a value: typed unseen, or from standard input; never an argument. Its shape is checked, and whoever
             takes it is asked (Supabase, Google, the mail server). --generate makes relay-ping-key
rotate       the next value. relay-ping-key: a new random one, in Secret Manager and in the database's Vault
disable-old  disables all versions but the newest, after a look that it works and is the deployed one; --yes does it

--env ENV     the environment of infra/environments.ts (or of --file FILE)
--unchecked   stores a value whose shape is unusual or that its service refuses
--dry-run     checks everything and stores nothing
Needs Google credentials with the role Secret Manager Admin: gcloud auth application-default login`;

/** `readValue` gives a value that must not be an argument. */
export function makeSecretsCommand(readValue: SecretContext["readValue"]): Command {
  return {
    name: "secrets",
    summary: "what is in Secret Manager: list, set, rotate, disable-old",
    usage: USAGE,
    options: {
      ...{ env: "value", file: "value" },
      ...{ generate: "flag", unchecked: "flag", "dry-run": "flag", yes: "flag" },
    },
    positionals: { min: 1, max: 2 },
    async run(input) {
      const [verb = "", name] = input.arguments.positionals;
      const load = ACTIONS[verb];
      if (load === undefined) {
        const known = Object.keys(ACTIONS).join(", ");
        throw new CommandError(`secrets does not know "${verb}"; it knows ${known}.\n\n${USAGE}`);
      }
      const [action, { withSecrets }] = await Promise.all([load(), import("./secret-context.ts")]);
      return await withSecrets(input, readValue, (context) => action(context, name));
    },
  };
}

export const secrets = makeSecretsCommand(readSecretValue);
