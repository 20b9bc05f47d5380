import { BillingBudget } from "@cdktf/provider-google/lib/billing-budget/index.js";
import { GoogleProvider } from "@cdktf/provider-google/lib/provider/index.js";
import { Construct } from "constructs";
import type { Environment } from "../environment.ts";
import type { Platform } from "./platform.ts";

export interface MonthlyBudgetConfig {
  readonly platform: Platform;
  readonly budget: NonNullable<Environment["monthlyBudget"]>;
  /** Full names of notification channels; administrators of the billing account are told in any case. */
  readonly channels: readonly string[];
}

const SPENT = [0.5, 0.9, 1];
/** A budget takes no more. */
const MAX_CHANNELS = 5;

/**
 * Tells of what a month costs: at half, nine tenths and the whole of the amount, and when the whole is to be expected.
 * Of everything in the project, whatever its labels: calls of Speech and Natural Language, the larger part, have none.
 */
export class MonthlyBudget extends Construct {
  constructor(scope: Construct, id: string, { platform, budget, channels }: MonthlyBudgetConfig) {
    super(scope, id);
    const { name, projectId: project } = platform.environment;
    // The API of budgets asks who pays for the call, which no other one here does.
    const provider = new GoogleProvider(this, "billing", {
      alias: "billing",
      project,
      billingProject: project,
      userProjectOverride: true,
    });
    new BillingBudget(this, "budget", {
      provider,
      billingAccount: budget.billingAccount,
      displayName: `Booking Insights ${name}`,
      amount: { specifiedAmount: { units: String(budget.amount) } },
      budgetFilter: { projects: [`projects/${platform.project.number}`], calendarPeriod: "MONTH" },
      thresholdRules: [
        ...SPENT.map((thresholdPercent) => ({ thresholdPercent, spendBasis: "CURRENT_SPEND" })),
        { thresholdPercent: 1, spendBasis: "FORECASTED_SPEND" },
      ],
      ...(channels.length > 0 && {
        allUpdatesRule: { monitoringNotificationChannels: channels.slice(0, MAX_CHANNELS) },
      }),
    });
  }
}
