import { Storage } from "@google-cloud/storage";
import { z } from "zod";
import type { Environment } from "../../infra/environment.ts";
import { CommandError } from "./command.ts";

const output = z.looseObject({ value: z.unknown() });

/** The outputs of the deployed stack as Terraform's state has them; only what is read here. */
const state = z.looseObject({ outputs: z.record(z.string(), output).default({}) });
const deployed = z.looseObject({ deployed_secret_versions: z.record(z.string(), z.string()).default({}) });
export type DeployedOutputs = z.infer<typeof deployed>;

const NOT_FOUND = 404;

/** Null: nothing is deployed. `endpoint` points the client at an emulator. */
export async function readDeployedOutputs(
  { projectId }: Environment,
  endpoint: string | undefined,
): Promise<DeployedOutputs | null> {
  const storage = new Storage({
    projectId,
    ...(endpoint !== undefined && { apiEndpoint: endpoint, useAuthWithCustomEndpoint: true }),
  });
  const file = storage.bucket(`${projectId}-terraform-state`).file("pipeline/default.tfstate");
  try {
    const [bytes] = await file.download();
    const { outputs } = state.parse(JSON.parse(bytes.toString("utf8")));
    return deployed.parse(Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value])));
  } catch (error) {
    if ((error as { code?: unknown }).code === NOT_FOUND) return null;
    throw new CommandError(`Terraform's state could not be read (${(error as Error).message.split("\n")[0]}).`, error);
  }
}
