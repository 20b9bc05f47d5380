import type { Owner } from "../meet/meet-state.ts";
import { notFound } from "../rest/errors.ts";
import { type Call, userOf } from "../rest/operation.ts";

/** The caller's own calendar; anybody else's is as absent as one that never was. */
export function ownerOf(call: Call, { nameOf }: { readonly nameOf: (email: string) => string | undefined }): Owner {
  const { sub, email } = userOf(call);
  const id = call.params["calendarId"];
  if (id !== "primary" && id !== email) throw notFound();
  const name = nameOf(email);
  return { sub, email, ...(name !== undefined && { name }) };
}
