import { z } from "zod";
import { fail, pass, type Verdict } from "./finding.ts";

/** What `inspect_google_connections` answers. */
export const connectionReport = z.object({
  connected: z.number(),
  withoutSubscription: z.number(),
  expiredSubscriptions: z.number(),
  problems: z.array(z.string()),
  tokensLookedAt: z.number(),
  unreadableTokens: z.number(),
  endedAfterSevenDays: z.number(),
  olderThanEightDays: z.number(),
});
export type ConnectionReport = z.infer<typeof connectionReport>;

/** Without a live subscription Meet tells nothing of a consultant's recordings. */
export function judgeSubscriptions(report: ConnectionReport): Verdict {
  const { connected, withoutSubscription, expiredSubscriptions, problems } = report;
  const parts = [
    ...(expiredSubscriptions > 0 ? [`${expiredSubscriptions} expired`] : []),
    ...(withoutSubscription > 0 ? [`${withoutSubscription} missing`] : []),
    ...problems.map((problem) => `Google said: ${problem}`),
  ];
  if (expiredSubscriptions + withoutSubscription === 0)
    return pass(`every one of ${connected} consultants has a live one`);
  return fail(
    parts.join("; "),
    "Let keep-watch make them anew in its next run, within five minutes. Where that does not help, Google's words say what is missing.",
    "update private.workspace_subscriptions set check_at = now() where name is null or expires_at is null or expires_at <= now()",
  );
}

export function judgeTokens({ tokensLookedAt, unreadableTokens }: ConnectionReport): Verdict {
  if (unreadableTokens === 0) return pass(`the ${tokensLookedAt} newest can be opened`);
  return fail(
    `${unreadableTokens} of the ${tokensLookedAt} newest cannot be opened`,
    "Vault lacks the key they were encrypted under: restore that google_token_key_v<N> from a backup. Otherwise these consultants connect again.",
  );
}

/** Google does not tell whether a consent screen is in testing; what happens to its tokens after a week does. */
export function judgeConsentScreen({ endedAfterSevenDays, olderThanEightDays }: ConnectionReport): Verdict {
  if (endedAfterSevenDays === 0) return pass("no token has ended after seven days");
  if (olderThanEightDays > 0) return pass(`${olderThanEightDays} tokens have lived longer than eight days`);
  return fail(
    `${endedAfterSevenDays} consultants lost access seven days after they connected: the consent screen is in testing`,
    'Publish it ("In production", or "Internal" within one Workspace): https://console.cloud.google.com/auth/audience - then they connect again.',
  );
}
