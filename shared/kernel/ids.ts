const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for a uuid as Postgres prints it: lower case, with hyphens. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** The 32 hexadecimal digits of a uuid. */
export function hexOfUuid(uuid: string): string {
  return uuid.replaceAll("-", "");
}
