import { type Command, CommandError } from "./command.ts";
import { readSecretValue } from "./read-secret-value.ts";
import { rotateSecret, setSecret } from "./secret-changes.ts";
import { type SecretAction, type SecretContext, withSecrets } from "./secret-context.ts";
import { listSecrets } from "./secret-list.ts";
import { disableOld } from "./secret-retirement.ts";

const ACTIONS: Readonly<Record<string, SecretAction>> = {
  list: listSecrets,
  set: setSecret,
  rotate: rotateSecret,
  "disable-old": disableOld,
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
    run(input) {
      const [verb = "", name] = input.arguments.positionals;
      const action = ACTIONS[verb];
      if (action === undefined) {
        const known = Object.keys(ACTIONS).join(", ");
        throw new CommandError(`secrets does not know "${verb}"; it knows ${known}.\n\n${USAGE}`);
      }
      return withSecrets(input, readValue, (context) => action(context, name));
    },
  };
}

export const secrets = makeSecretsCommand(readSecretValue);
