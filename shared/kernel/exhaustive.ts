/** Closes a switch over a union: a new member without a case does not type-check. */
export function assertNever(value: never): never {
  throw new Error(`unexpected case: ${JSON.stringify(value)}`);
}
