import type { StackOptions } from "./start-stack.ts";

/** Services named in the environment replace our own emulators of them. */
export function foreignServices(environment: NodeJS.ProcessEnv): NonNullable<StackOptions["foreign"]> {
  const storage = environment["GOOGLE_STORAGE_ENDPOINT"] ?? environment["STORAGE_EMULATOR_HOST"];
  return {
    pubsubHost: environment["PUBSUB_EMULATOR_HOST"] || undefined,
    storage: storage ? withScheme(storage) : undefined,
  };
}

const withScheme = (address: string): string => (/^https?:/.test(address) ? address : `http://${address}`);
