import { asError } from "#kernel/verdicts.ts";
import type { DueSubscription, MeetingEventSubscriptionStore } from "#ports/meeting-event-subscription-store.ts";
import type { MeetingEventSubscription, MeetingEventSubscriptions } from "#ports/meeting-event-subscriptions.ts";
import type { Duty } from "./duty.ts";

export interface RenewSubscriptionsDeps {
  readonly subscriptions: MeetingEventSubscriptions;
  readonly store: MeetingEventSubscriptionStore;
  readonly claimSeconds: number;
  /** Between two looks at a healthy subscription; well under the seven days it lives. */
  readonly checkSeconds: number;
  /** After the first failure; doubled after each further one, up to 64 times. */
  readonly retrySeconds: number;
}

/** Two Google calls each, one after the other: some 20 s, within the function's timeout with room to spare. */
const MAX_PER_RUN = 50;

/**
 * Every connected consultant has one live subscription: renewed in time, woken when suspended, made anew when it is
 * lost, was never made, or belongs to another account. One consultant's failure is noted and stops nobody else's.
 */
export function makeRenewSubscriptions(deps: RenewSubscriptionsDeps): Duty {
  return {
    name: "renew_subscriptions",
    run: async () => {
      const due = await deps.store.claimDue(MAX_PER_RUN, deps.claimSeconds);
      let repaired = 0;
      for (const one of due) if (await repair(one, deps)) repaired += 1;
      return repaired;
    },
  };
}

async function repair(one: DueSubscription, deps: RenewSubscriptionsDeps): Promise<boolean> {
  try {
    const alive = await revive(one, deps.subscriptions);
    if (alive.active) return await deps.store.save(one, alive, deps.checkSeconds);
    await deps.store.noteProblem(one, `Google has suspended it: ${alive.suspensionReason}`, deps.retrySeconds);
  } catch (thrown) {
    await deps.store.noteProblem(one, asError(thrown).message, deps.retrySeconds);
  }
  return false;
}

async function revive(
  { userId, googleSub, name }: DueSubscription,
  google: MeetingEventSubscriptions,
): Promise<MeetingEventSubscription> {
  const known = name === null ? null : await google.get(userId, name);
  if (known === null) return google.ensure(userId, googleSub);
  // Only an active one can be given more time; a woken one may have little left.
  const awake = known.active ? known : await google.reactivate(userId, known.name);
  const renewed = awake?.active === true ? await google.renew(userId, known.name) : awake;
  return renewed ?? google.ensure(userId, googleSub);
}
