import type { CommandResult } from "../command.ts";
import { counted } from "../pipeline-status.ts";
import type { Finding } from "./finding.ts";

const MARKS = { pass: "pass", fail: "FAIL", unknown: "????", skip: "skip" } as const;

/** More checks than this that could not be asked for one reason are told in one line. */
const FEW = 3;

/** The findings as one object and as lines; not ok when one failed. */
export function report(findings: readonly Finding[]): CommandResult {
  const failed = findings.filter(({ result }) => result === "fail").length;
  const unclear = findings.filter(({ result }) => result === "unknown").length;
  const summary = [
    failed === 0 ? "Everything that could be checked is in order." : `${counted(failed, "check")} failed.`,
    ...(unclear === 0 ? [] : [`${counted(unclear, "check")} could not be made.`]),
  ];
  return {
    report: { ok: failed === 0, failed, unknown: unclear, checks: findings },
    lines: [...linesOf(findings), "", summary.join(" ")],
    ok: failed === 0,
  };
}

function linesOf(findings: readonly Finding[]): string[] {
  const groups = Map.groupBy(findings, ({ result, area, detail, mend }) =>
    result === "unknown" ? [area, detail, mend].join("\n") : null,
  );
  return findings.flatMap((found) => {
    const alike = groups.get([found.area, found.detail, found.mend].join("\n")) ?? [];
    if (found.result !== "unknown" || alike.length <= FEW) return linesOfOne(found.check, found);
    return alike[0] === found ? linesOfOne(`${alike.length} checks of ${found.area}`, found) : [];
  });
}

function linesOfOne(name: string, { result, detail, mend, command }: Finding): string[] {
  return [
    `${MARKS[result]}  ${name}: ${detail}`,
    ...(mend === undefined ? [] : [`      ${mend}`]),
    ...(command === undefined ? [] : [`      ${command}`]),
  ];
}
