/**
 * Where in the app the browser goes after connecting: a path of the app itself, or null for anything else.
 * `//host`, `/\host`, schemes and control characters all leave the app in some browser.
 */
export function nextPathWithin(appUrl: string, next: string): string | null {
  if (next.length > 500 || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(next)) return null;
  const target = new URL(next, appUrl);
  return target.origin === new URL(appUrl).origin && !target.pathname.startsWith("//")
    ? `${target.pathname}${target.search}${target.hash}`
    : null;
}
