import type { Benchmark } from "./benchmark.ts";
import { coldStart } from "./cold-start/cold-start.ts";

/** Every benchmark; a new one is a file that makes a `Benchmark`, and its line here. */
export const benchmarks: readonly Benchmark[] = [coldStart];
