import { randomBytes } from "node:crypto";
import { type DeployedFunction, functions, type SecretName, secretNames } from "../../infra/topology/functions.ts";
import { CommandError } from "./command.ts";

interface SecretRule {
  /** Where an operator finds the value. */
  readonly from: string;
  /** What is wrong with a value, or null; never shows the value. */
  readonly problemOf: (value: string) => string | null;
  /** Where nobody else knows the value. */
  readonly generate?: () => string;
}

const PING_KEY_BYTES = 32;
/** cloud.google.com/secret-manager/quotas */
const MAX_BYTES = 65_536;

/** What a value must look like. A wrong one is otherwise noticed when a function does not start, or later. */
export const secretRules: Readonly<Record<SecretName, SecretRule>> = {
  "google-client-secret": {
    from: "Google Cloud console > Google Auth Platform > Clients > your web client",
    problemOf: (value) =>
      /^GOCSPX-[\w-]{20,}$/.test(value) ? null : "a client secret begins with GOCSPX- (the client id is not secret)",
  },
  "relay-ping-key": {
    from: "nowhere: --generate makes it",
    problemOf: (value) => (/^[0-9a-f]{64}$/.test(value) ? null : "it is 32 random bytes in lower-case hex: --generate"),
    generate: () => randomBytes(PING_KEY_BYTES).toString("hex"),
  },
  "smtp-password": {
    from: "your mail server's administration",
    problemOf: () => null,
  },
  "supabase-secret-key": {
    from: "Supabase dashboard > Project Settings > API Keys > Secret keys",
    problemOf: supabaseKeyProblem,
  },
};

function supabaseKeyProblem(value: string): string | null {
  if (value.startsWith("sb_publishable_")) return "this is the publishable key; the secret one begins with sb_secret_";
  if (value.startsWith("eyJ")) {
    return roleOf(value) === "service_role" ? null : "this legacy key is not the one of service_role";
  }
  return /^sb_secret_[\w-]{16,}$/.test(value) ? null : "a secret key begins with sb_secret_";
}

/** The role a legacy key speaks for. */
function roleOf(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")).role;
  } catch {
    return null;
  }
}

/** The name as the topology has it; anything else is told what there is. */
export function readSecretName(text: string | undefined): SecretName {
  const found = secretNames.find((name) => name === text);
  if (found !== undefined) return found;
  const problem = text === undefined ? "Say which secret" : `There is no secret "${text}"`;
  throw new CommandError(`${problem}; there are ${secretNames.join(", ")}.`);
}

/** Common to all: one line, of a size that Secret Manager takes, in the shape its kind has. Null: nothing is wrong. */
export function shapeProblem(name: SecretName, value: string): string | null {
  if (value === "") return "it is empty";
  if (/[\r\n]/.test(value)) return "it has more than one line";
  if (value !== value.trim()) return "it begins or ends with a space";
  if (Buffer.byteLength(value) > MAX_BYTES) return `it is longer than ${MAX_BYTES} bytes`;
  return secretRules[name].problemOf(value);
}

export interface SecretReader {
  readonly function: string;
  /** `start`: bound when an instance starts. `request`: asked for while it runs, five minutes old at most. */
  readonly when: "start" | "request";
}

/** Which functions read a secret, and when they see a new version. */
export function readersOf(name: SecretName): readonly SecretReader[] {
  return functions.flatMap((fn: DeployedFunction): SecretReader[] => [
    ...(fn.secrets.some(({ secret }) => secret === name) ? [{ function: fn.name, when: "start" as const }] : []),
    ...(fn.readsSecrets?.includes(name) === true ? [{ function: fn.name, when: "request" as const }] : []),
  ]);
}
