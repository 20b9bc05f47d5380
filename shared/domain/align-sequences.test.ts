import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alignSequences, UNPAIRED } from "#domain/align-sequences.ts";

const scores = { match: 3, mismatch: -1, gap: -1 } as const;

function align(rows: string, columns: string, width = columns.length, low: (row: number) => number = () => 0) {
  return alignSequences(
    { rows: rows.length, columns: columns.length, width, low },
    {
      pair: (row, column) => (rows[row] === columns[column] ? scores.match : scores.mismatch),
      rowGap: scores.gap,
      columnGap: scores.gap,
    },
  );
}

/** The best score there is, by the textbook table. */
function bestScore(rows: string, columns: string): number {
  let before = Array.from({ length: columns.length + 1 }, (_, column) => column * scores.gap);
  for (let row = 0; row < rows.length; row += 1) {
    const current = [(row + 1) * scores.gap];
    for (let column = 0; column < columns.length; column += 1) {
      const pair = before[column]! + (rows[row] === columns[column] ? scores.match : scores.mismatch);
      current.push(Math.max(pair, before[column + 1]! + scores.gap, current[column]! + scores.gap));
    }
    before = current;
  }
  return before.at(-1)! + 0;
}

function scoreOf(rows: string, columns: string, pairs: Int32Array): number {
  const paired = [...pairs].flatMap((column, row) => (column === UNPAIRED ? [] : [rows[row] === columns[column]]));
  const gaps = rows.length + columns.length - 2 * paired.length;
  return paired.reduce((sum, same) => sum + (same ? scores.match : scores.mismatch), 0) + gaps * scores.gap;
}

const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 25 });

describe("aligning two sequences", () => {
  it("finds a best alignment, with pairs that never cross", () => {
    fc.assert(
      fc.property(text, text, (rows, columns) => {
        const pairs = align(rows, columns);
        const used = [...pairs].filter((column) => column !== UNPAIRED);
        expect(used).toEqual([...new Set(used)].sort((a, b) => a - b));
        expect(scoreOf(rows, columns, pairs) + 0).toBe(bestScore(rows, columns));
      }),
    );
  });

  it("jumps over columns that lie between two places of its band", () => {
    const columns = `${"x".repeat(50)}abc${"y".repeat(200)}def`;
    const lows = [45, 45, 45, 245, 245, 245];
    expect([...align("abcdef", columns, 11, (row) => lows[row]!)]).toEqual([50, 51, 52, 253, 254, 255]);
  });

  it("leaves everything unpaired where there is nothing to pair with", () => {
    expect([...align("abc", "")]).toEqual([UNPAIRED, UNPAIRED, UNPAIRED]);
    expect([...align("", "abc")]).toEqual([]);
  });
});
