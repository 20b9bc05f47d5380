import { type Check, fail, pass, unknown, type Verdict } from "./finding.ts";
import { safeEndpoint } from "./google-clients.ts";
import { googleCheck } from "./google-context.ts";

/** Signed pings are good for five minutes; clocks this far apart are about to break them. */
const MAX_CLOCK_SKEW_MS = 60_000;
const REQUEST_TIMEOUT_MS = 10_000;

/** This machine's clock beside another's. */
export function judgeClock(other: string, { theirsMs, oursMs }: { theirsMs: number; oursMs: number }): Verdict {
  const skewMs = Math.abs(theirsMs - oursMs);
  if (Number.isNaN(skewMs)) return unknown(`${other} told no time`);
  return skewMs <= MAX_CLOCK_SKEW_MS
    ? pass(`this machine and ${other} agree (${Math.round(skewMs)} ms apart)`)
    : fail(
        `this machine and ${other} are ${Math.round(skewMs / 1000)} s apart`,
        "Set this machine's clock.",
        "sudo timedatectl set-ntp true",
      );
}

/** The Date header of any answer of Google's; it counts whole seconds. */
export function clockOfGoogle(variables: Readonly<Record<string, string | undefined>>): Check {
  return googleCheck("clock of Google", async () => {
    const other = variables["GOOGLE_OAUTH_ENDPOINT"];
    const origin = other ? safeEndpoint("GOOGLE_OAUTH_ENDPOINT", other).origin : "https://www.googleapis.com";
    const askedAt = Date.now();
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const answer = await fetch(`${origin}/oauth2/v3/certs`, { redirect: "manual", signal });
    const oursMs = (askedAt + Date.now()) / 2;
    await answer.body?.cancel();
    return judgeClock("Google", { theirsMs: Date.parse(answer.headers.get("date") ?? ""), oursMs });
  });
}
