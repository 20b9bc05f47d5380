/** The column of a row that is paired with none. */
export const UNPAIRED = -1;

/** Scores of a global alignment; higher is better, whole numbers keep it exact. */
export interface AlignmentScores {
  /** Of pairing `row` with `column`; may be negative. */
  pair(row: number, column: number): number;
  /** Of leaving a row unpaired, and a column unpaired. */
  readonly rowGap: number;
  readonly columnGap: number;
}

/** Row r may be paired with the `width` columns from `low(r)` on; `low` never falls and stays within 0..columns. */
export interface AlignmentBand {
  readonly rows: number;
  readonly columns: number;
  readonly width: number;
  low(row: number): number;
}

const PAIRED = 1;
const ROW_GAP = 2;
const COLUMN_GAP = 3;
const IMPOSSIBLE = -0x3fff_ffff;

/**
 * Needleman-Wunsch inside a band: the column of each row, or UNPAIRED; pairs never cross.
 * Time and memory are rows x width (one byte a cell), so linear in the length for a fixed width.
 */
export function alignSequences(band: AlignmentBand, scores: AlignmentScores): Int32Array {
  const cells = band.width + 1;
  const trace = new Uint8Array(band.rows * cells);
  let before = new Int32Array(cells);
  let current = new Int32Array(cells);
  let lowBefore = band.rows === 0 ? 0 : band.low(0);
  for (let cell = 0; cell < cells; cell += 1) before[cell] = (lowBefore + cell) * scores.columnGap;
  for (let row = 0; row < band.rows; row += 1) {
    const low = band.low(row);
    const cellsBefore = moved(before, low - lowBefore, scores.columnGap);
    fillRow({ row, low, before: cellsBefore, current, columns: band.columns }, scores, trace.subarray(row * cells));
    [before, current] = [current, before];
    lowBefore = low;
  }
  return readTrace(band, trace, lowBefore + bestCell(before, scores.columnGap));
}

interface RowCells {
  readonly row: number;
  readonly low: number;
  /** Cell c of either: the best score with the rows so far and the columns before low + c used. */
  readonly before: Int32Array;
  readonly current: Int32Array;
  readonly columns: number;
}

function fillRow({ row, low, before, current, columns }: RowCells, scores: AlignmentScores, trace: Uint8Array): void {
  const { rowGap, columnGap } = scores;
  let left = IMPOSSIBLE;
  let diagonal = IMPOSSIBLE;
  for (let cell = 0; cell < current.length; cell += 1) {
    if (low + cell > columns) {
      current[cell] = IMPOSSIBLE;
      continue;
    }
    const above = before[cell] ?? IMPOSSIBLE;
    let best = above + rowGap;
    let from = ROW_GAP;
    const paired = cell === 0 ? IMPOSSIBLE : diagonal + scores.pair(row, low + cell - 1);
    if (paired >= best) {
      best = paired;
      from = PAIRED;
    }
    if (left + columnGap > best) {
      best = left + columnGap;
      from = COLUMN_GAP;
    }
    current[cell] = best;
    trace[cell] = from;
    left = best;
    diagonal = above;
  }
}

/** The row before, seen from a band that starts `shift` columns later; columns it did not reach are gaps. */
function moved(cells: Int32Array, shift: number, columnGap: number): Int32Array {
  if (shift === 0) return cells;
  const result = new Int32Array(cells.length);
  const last = cells.length - 1;
  for (let cell = 0; cell <= last; cell += 1) {
    const source = cell + shift;
    result[cell] = source <= last ? (cells[source] ?? 0) : (cells[last] ?? 0) + (source - last) * columnGap;
  }
  return result;
}

/** Where the last row's path ends best; the columns after it are gaps. */
function bestCell(cells: Int32Array, columnGap: number): number {
  let best = 0;
  for (let cell = 1; cell < cells.length; cell += 1) {
    if ((cells[cell] ?? IMPOSSIBLE) - cell * columnGap > (cells[best] ?? IMPOSSIBLE) - best * columnGap) best = cell;
  }
  return best;
}

function readTrace(band: AlignmentBand, trace: Uint8Array, endColumn: number): Int32Array {
  const cells = band.width + 1;
  const columnOfRow = new Int32Array(band.rows).fill(UNPAIRED);
  let column = endColumn;
  for (let row = band.rows - 1; row >= 0; ) {
    const low = band.low(row);
    column = Math.min(column, low + cells - 1);
    const from = trace[row * cells + column - low];
    if (from === PAIRED) columnOfRow[row] = column - 1;
    if (from !== ROW_GAP) column -= 1;
    if (from !== COLUMN_GAP) row -= 1;
  }
  return columnOfRow;
}
