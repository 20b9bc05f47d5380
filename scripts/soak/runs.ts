import * as backfill from "./backfill.ts";
import * as kills from "./kills.ts";
import * as meetings from "./meetings.ts";
import type { SoakRun } from "./soak-run.ts";

/** Every full-size run; a new one is a file beside this with `name`, `describe` and `run`, and a line here. */
export const runs: readonly SoakRun[] = [kills, meetings, backfill];
