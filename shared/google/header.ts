/**
 * One header of a Google client's answer, or null. The generated types promise a plain object with lower-case names;
 * gaxios gives a `Headers`, whose class may be another library's.
 */
export function headerOf(headers: unknown, name: string): string | null {
  if (typeof headers !== "object" || headers === null) return null;
  const value: unknown =
    "get" in headers && typeof headers.get === "function" ? headers.get(name) : Reflect.get(headers, name);
  return typeof value === "string" ? value : null;
}
