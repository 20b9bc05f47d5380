import Table from "cli-table3";
import type { Metric } from "./benchmark.ts";
import { type Comparison, type Figure, ratioText } from "./compare.ts";

const NOTHING = "-";

/** One line of cells for each contestant, the head first. */
export function tableOf({ metrics, rows }: Comparison): string[][] {
  const head = ["", ...metrics.map(({ title, unit }) => `${title}, ${unit}`)];
  return [
    head,
    ...rows.map(({ contestant, figures }) => [
      contestant,
      ...metrics.map((metric) => cellOf(metric, figures[metric.name] ?? null)),
    ]),
  ];
}

/** `142 (131-170), 1.35 x hello`. */
function cellOf(metric: Metric, figure: Figure | null): string {
  if (figure === null) return NOTHING;
  const shown = (value: number) => value.toFixed(metric.digits ?? 0);
  const spread = figure.count > 1 ? ` (${shown(figure.min)}-${shown(figure.max)})` : "";
  const ratio = figure.ratio === null ? "" : `, ${ratioText(metric, figure.ratio)}`;
  return `${shown(figure.median)}${spread}${ratio}`;
}

/** The comparison for a terminal: table, verdicts, notes. */
export function terminalText(comparison: Comparison): string {
  const [head = [], ...body] = tableOf(comparison);
  const table = new Table({ head, style: { head: [], border: [] }, colAligns: ["left"] });
  table.push(...body);
  return [table.toString(), ...comparison.verdicts.map(({ sentence }) => sentence), ...comparison.notes].join("\n");
}

/** The comparison as Markdown, for the history. */
export function markdownText(comparison: Comparison): string {
  const [head = [], ...body] = tableOf(comparison);
  const widths = head.map((_title, column) => Math.max(3, ...[head, ...body].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  // As the formatter has it, so that a recorded run passes the checks.
  const table = [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
  const list = [...comparison.verdicts.map(({ sentence }) => sentence), ...comparison.notes];
  return `${table}\n\n${list.map((entry) => `- ${entry}`).join("\n")}\n`;
}
