import type { google } from "@google-cloud/pubsub-api/build/protos/protos.js";
import { invalidArgument } from "./status-error.ts";

/**
 * `current` with the masked fields of `patch`. `fields` maps the mask's snake case paths that may change
 * to property names; any other path is refused, as is an empty mask.
 */
export function withMaskedFields<Resource extends object>(
  current: Resource,
  patch: Resource,
  { mask, fields }: { mask: google.protobuf.IFieldMask | null | undefined; fields: Record<string, keyof Resource> },
): Resource {
  const paths = mask?.paths ?? [];
  if (paths.length === 0) throw invalidArgument("The update_mask in the request must be set and non-empty.");
  const next = { ...current };
  for (const path of paths) {
    const field = fields[path];
    if (field === undefined)
      throw invalidArgument(`Invalid update_mask provided in the request: '${path}' may not be updated.`);
    next[field] = patch[field];
  }
  return next;
}
