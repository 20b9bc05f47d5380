import type { Environment } from "../../infra/environment.ts";
import type { CommandInput, CommandResult } from "./command.ts";
import { chosenEnvironment } from "./environment-file.ts";
import type { ProbeContext } from "./secret-probes.ts";
import { openSecretVersions, type SecretVersions } from "./secret-versions.ts";

/** What every action on secrets is given. */
export interface SecretContext {
  readonly input: CommandInput;
  readonly environment: Environment;
  readonly versions: SecretVersions;
  readonly probe: ProbeContext;
  /** Where Terraform's state is read; an emulator's in tests. */
  readonly storageEndpoint: string | undefined;
  /** Reads a value that must not be an argument. */
  readonly readValue: (name: string) => Promise<string>;
}

export type SecretAction = (context: SecretContext, name: string | undefined) => Promise<CommandResult>;

/** Opens the environment's Secret Manager for one action. */
export async function withSecrets(
  input: CommandInput,
  readValue: SecretContext["readValue"],
  action: (context: SecretContext) => Promise<CommandResult>,
): Promise<CommandResult> {
  const environment = await chosenEnvironment(input.arguments);
  const endpointOf = (name: string): string | undefined => input.environment[name] || undefined;
  const endpoint = endpointOf("GOOGLE_SECRET_MANAGER_ENDPOINT");
  const versions = openSecretVersions({ projectId: environment.projectId, endpoint });
  const oauthEndpoint = endpointOf("GOOGLE_OAUTH_ENDPOINT");
  try {
    const storageEndpoint = endpointOf("GOOGLE_STORAGE_ENDPOINT");
    return await action({
      ...{ input, environment, versions, storageEndpoint, readValue },
      probe: { environment, oauthEndpoint },
    });
  } finally {
    await versions.close();
  }
}
