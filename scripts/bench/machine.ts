import { cpus, loadavg, totalmem } from "node:os";
import { commitOf } from "../soak/proof.ts";

/** Where a run took place; figures of two machines are never compared. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  /** Runnable processes during the last minute, before the run: what else was going on. */
  readonly loadBefore: number;
  readonly commit: string;
}

export async function describeMachine(root: string): Promise<Machine> {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform}-${process.arch}`,
    node: process.versions.node,
    loadBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
    commit: await commitOf(root),
  };
}

/** One line for people. */
export const machineText = ({ cpu, cores, memoryGiB, platform, node, loadBefore, commit }: Machine): string =>
  `${cores} x ${cpu}, ${memoryGiB} GiB, ${platform}, Node ${node}, load ${loadBefore} before the run, commit ${commit}`;
