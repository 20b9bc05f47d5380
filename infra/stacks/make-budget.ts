import type { Construct } from "constructs";
import type { AlertMail } from "../constructs/alert-mail.ts";
import { MonthlyBudget } from "../constructs/monthly-budget.ts";
import type { Platform } from "../constructs/platform.ts";

/** The environment's budget, if it has one; it tells those who get the alerts. */
export function makeBudget(stack: Construct, platform: Platform, mails: readonly AlertMail[]): void {
  const { monthlyBudget: budget } = platform.environment;
  const channels = mails.map(({ channel }) => channel.name);
  if (budget !== undefined) new MonthlyBudget(stack, "cost", { platform, budget, channels });
}
