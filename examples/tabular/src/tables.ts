// The tables: penguins (Horst et al., "palmerpenguins", 2020) and red wines (Cortez et al., 2009), as plain arrays.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** These tables have no quoted cells. */
function cells(path: string): string[][] {
  const lines = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  return lines.map((line) => line.split(','));
}

/** Four lengths and weights of penguins [N, 4], and their species [N]; the two rows without them are left out. */
export function penguins(folder: string) {
  const rows = cells(join(folder, 'penguins.csv'))
    .slice(1)
    .filter((row) => row.slice(2, 6).every((cell) => cell !== ''));
  const species = [...new Set(rows.map((row) => row[0]!))].sort();
  return {
    x: { data: Float32Array.from(rows.flatMap((row) => row.slice(2, 6).map(Number))), shape: [rows.length, 4] },
    labels: { data: Int32Array.from(rows, (row) => species.indexOf(row[0]!)), shape: [rows.length] },
  };
}

/** Eleven measurements of red wines [N, 11], and how they were judged, 3 to 8: [N, 1]. */
export function redWines(folder: string) {
  const rows = cells(join(folder, 'winequality-red.csv'));
  return {
    x: { data: Float32Array.from(rows.flatMap((row) => row.slice(0, 11).map(Number))), shape: [rows.length, 11] },
    y: { data: Float32Array.from(rows, (row) => Number(row[11])), shape: [rows.length, 1] },
  };
}

interface Table {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Both tables with the mean of the training rows taken off, over their deviation: what is tested on must not be looked at. */
export function standardise(train: Table, test: Table): [Table, Table] {
  const [rows, columns] = train.shape as [number, number];
  const mean = new Float64Array(columns);
  const square = new Float64Array(columns);
  train.data.forEach((value, i) => {
    mean[i % columns]! += value / rows;
  });
  train.data.forEach((value, i) => {
    square[i % columns]! += (value - mean[i % columns]!) ** 2 / rows;
  });
  const scale = ({ data, shape }: Table): Table => ({
    data: data.map((value, i) => (value - mean[i % columns]!) / Math.sqrt(square[i % columns]!)),
    shape,
  });
  return [scale(train), scale(test)];
}
