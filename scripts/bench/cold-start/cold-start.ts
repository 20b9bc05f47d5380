import { functions } from "../../../infra/topology/functions.ts";
import type { Benchmark } from "../benchmark.ts";

export const coldStart: Benchmark = {
  name: "cold-start",
  summary: "each function, from its start to its first real answer, beside the framework's hello world",
  contestants: functions.map(({ name }) => name),
  // The local stack is loaded by those who run it, not by those who ask for help.
  run: async (options) => (await import("./run.ts")).run(options),
};
