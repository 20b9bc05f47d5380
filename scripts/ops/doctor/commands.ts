/** Characters that mean nothing to a shell. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/** A command line for a POSIX shell: whatever a word holds, it stays one word. */
export function shell(...words: readonly string[]): string {
  return words.map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}

/** What a grant's command needs: the words up to the verb, the resource, and flags that say where it is. */
export interface Grantable {
  readonly group: readonly string[];
  readonly resource: string;
  readonly flags?: readonly string[];
}

export const grantCommand = (on: Grantable, role: string, member: string): string =>
  policyCommand("add-iam-policy-binding", on, { role, member });

export const revokeCommand = (on: Grantable, role: string, member: string): string =>
  policyCommand("remove-iam-policy-binding", on, { role, member });

function policyCommand(
  verb: string,
  { group, resource, flags = [] }: Grantable,
  grant: { role: string; member: string },
) {
  return shell("gcloud", ...group, verb, resource, ...flags, `--member=${grant.member}`, `--role=${grant.role}`);
}
