import type { Adapters } from "./stage.ts";

/** At which of its calls to the outside a process dies, and whether the call still has its effect. */
export interface Death {
  /** Counted from 0 over all adapters. */
  readonly atCall: number;
  readonly when: "before" | "after";
}

export interface KilledProcess {
  readonly around: (adapters: Adapters) => Adapters;
  /** Names of the calls that were begun, in order: `store.begin`, `calendar.insert` … */
  readonly calls: readonly string[];
  readonly died: () => boolean;
}

/** A process that is killed at one call and from then on does nothing at all: it cannot even give its lease back. */
export function killedAt({ atCall, when }: Death): KilledProcess {
  const calls: string[] = [];
  let dead = false;
  const die = (): never => {
    dead = true;
    throw new Error("killed");
  };
  const mortal = <Port extends object>(name: string, port: Port): Port =>
    new Proxy(port, {
      get: (target, method) => {
        const call = Reflect.get(target, method) as (...parameters: unknown[]) => Promise<unknown>;
        return async (...parameters: unknown[]) => {
          if (dead) throw new Error("killed");
          const isLast = calls.push(`${name}.${String(method)}`) - 1 === atCall;
          if (isLast && when === "before") return die();
          const answer = await call.apply(target, parameters);
          return isLast ? die() : answer;
        };
      },
    });
  return {
    calls,
    died: () => dead,
    around: ({ store, calendar, meetings }) => ({
      store: mortal("store", store),
      calendar: mortal("calendar", calendar),
      meetings: mortal("meetings", meetings),
    }),
  };
}
