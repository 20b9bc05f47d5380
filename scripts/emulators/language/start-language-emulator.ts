import type { Emulator, EmulatorClock, TokenAuthority } from "../rest/emulator.ts";
import type { Operation } from "../rest/operation.ts";
import { ok } from "../rest/operation.ts";
import type { RestServer } from "../rest/server.ts";
import { startRestServer } from "../rest/server.ts";
import type { BilledUnits } from "./billed-units.ts";
import { UnitMeter } from "./billed-units.ts";
import type { LanguageState } from "./operations.ts";
import { operations } from "./operations.ts";

export interface LanguageEmulatorOptions {
  readonly port?: number;
  readonly authority: TokenAuthority;
  readonly clock: EmulatorClock;
}

export interface LanguageEmulator extends Emulator, Pick<RestServer, "faults" | "calls"> {
  /** Units of 1,000 characters billed since the last reset, per feature and in all. */
  units(): BilledUnits;
}

/** Starts Cloud Natural Language v1 (REST). */
export async function startLanguageEmulator(options: LanguageEmulatorOptions): Promise<LanguageEmulator> {
  const { authority, clock } = options;
  const units = new UnitMeter();
  const server = await startRestServer<LanguageState>({
    name: "Natural Language",
    port: options.port ?? 0,
    operations,
    control: [readUnits],
    state: { units },
    authority,
    clock,
    errorShape: "rpc",
    onReset: () => units.clear(),
  });
  return { ...server, units: () => units.read() };
}

const readUnits: Operation<LanguageState> = {
  name: "control.units",
  method: "GET",
  path: "/emulator/units",
  query: [],
  anonymous: true,
  run: (_call, { units }) => ok(units.read()),
};
