/** Values on a rectangular grid `[rows, columns]`, row-major: reading between the points, finer grids. */

export interface Grid {
  values: Float32Array;
  rows: number;
  columns: number;
}

/** Bilinear value at a fractional index; NaN where a point that it needs is not finite. */
export function readBetween(grid: Grid, row: number, column: number): number {
  const { values, rows, columns } = grid;
  const r = Math.min(Math.floor(row), rows - 2);
  const c = Math.min(Math.floor(column), columns - 2);
  const v = row - r;
  const u = column - c;
  const at = r * columns + c;
  const low = between(values[at] as number, values[at + 1] as number, u);
  const high = between(values[at + columns] as number, values[at + columns + 1] as number, u);
  return between(low, high, v);
}

/** Linear from a to b. At an end only that end counts, so a hole does not spread along its neighbours. */
export function between(a: number, b: number, share: number): number {
  if (share === 0) return a;
  if (share === 1) return b;
  const value = a + share * (b - a);
  return Number.isFinite(value) ? value : Number.NaN;
}

/** `[columns]`: the values at a fractional row, into `line`. */
export function readRow({ values, rows, columns }: Grid, row: number, line: Float64Array): void {
  const r = Math.min(Math.floor(row), rows - 2);
  for (let c = 0; c < columns; c++) {
    const at = r * columns + c;
    line[c] = between(values[at] as number, values[at + columns] as number, row - r);
  }
}

/** The same bilinear surface on `factor` times as many steps: its level lines then bend as it does. */
export function refine(grid: Grid, factor: number): Grid {
  const rows = (grid.rows - 1) * factor + 1;
  const columns = (grid.columns - 1) * factor + 1;
  const values = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      values[r * columns + c] = readBetween(grid, r / factor, c / factor);
    }
  }
  return { values, rows, columns };
}

/** Fractional index of each of `count` places spread evenly over an increasing axis, their middles. */
export function indexPlaces(axis: Float32Array, count: number): Float32Array {
  const places = new Float32Array(count);
  const low = axis[0] as number;
  const extent = (axis[axis.length - 1] as number) - low;
  let left = 0;
  for (let k = 0; k < count; k++) {
    const value = low + ((k + 0.5) / count) * extent;
    while (left < axis.length - 2 && (axis[left + 1] as number) <= value) left++;
    const from = axis[left] as number;
    places[k] = left + (value - from) / ((axis[left + 1] as number) - from);
  }
  return places;
}

/** The value on the axis at a fractional index. */
export function axisAt(axis: Float32Array, index: number): number {
  const left = Math.min(Math.floor(index), axis.length - 2);
  const from = axis[left] as number;
  return from + (index - left) * ((axis[left + 1] as number) - from);
}

/** Index of the entry nearest to a value. */
export function nearestIndex(axis: Float32Array, value: number): number {
  let best = 0;
  for (let k = 1; k < axis.length; k++) {
    if (Math.abs((axis[k] as number) - value) < Math.abs((axis[best] as number) - value)) best = k;
  }
  return best;
}
