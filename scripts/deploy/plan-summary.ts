import { z } from "zod";

/** What a plan would do, counted. */
export interface PlanSummary {
  readonly create: number;
  readonly update: number;
  readonly replace: number;
  readonly destroy: number;
  /** Addresses of things with data in them that would be destroyed, or destroyed and made again. */
  readonly losing: readonly string[];
}

/** Of `terraform show -json`, only what is counted. */
const shown = z.looseObject({
  resource_changes: z
    .array(
      z.looseObject({
        address: z.string(),
        type: z.string(),
        change: z.looseObject({ actions: z.array(z.string()) }),
      }),
    )
    .default([]),
});

/** What cannot be made again as it was: objects, messages, values, keys. */
const STATEFUL = new Set([
  "google_kms_crypto_key",
  "google_kms_key_ring",
  "google_pubsub_subscription",
  "google_pubsub_topic",
  "google_secret_manager_secret",
  "google_secret_manager_secret_version",
  "google_storage_bucket",
]);

type Kind = "create" | "update" | "replace" | "destroy";

export function summarize(json: string): PlanSummary {
  const changes = shown.parse(JSON.parse(json)).resource_changes.map(({ address, type, change }) => {
    return { address, type, kind: kindOf(change.actions) };
  });
  const count = (kind: Kind): number => changes.filter((change) => change.kind === kind).length;
  const losing = changes.filter(({ type, kind }) => STATEFUL.has(type) && (kind === "destroy" || kind === "replace"));
  return {
    ...{ create: count("create"), update: count("update"), replace: count("replace"), destroy: count("destroy") },
    losing: losing.map(({ address }) => address),
  };
}

/** `no-op`, `read` and `forget` change nothing that is there. */
function kindOf(actions: readonly string[]): Kind | null {
  const [creates, deletes] = [actions.includes("create"), actions.includes("delete")];
  if (creates && deletes) return "replace";
  if (deletes) return "destroy";
  if (creates) return "create";
  return actions.includes("update") ? "update" : null;
}

export const inWords = ({ create, update, replace, destroy }: PlanSummary): string =>
  `${create} to create, ${update} to change, ${replace} to replace, ${destroy} to destroy`;
