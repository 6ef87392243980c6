// The tables as plain arrays: what goes into a network, and what should come out.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CsvOptions, type NdArray, parseCsv, type Table } from '@dl/data';

/** Features [N, F], and the class of each row [N]. */
export type Classes = { readonly x: NdArray<Float32Array>; readonly labels: NdArray<Int32Array> };

/** Features [N, F], and the number that belongs to each row [N, 1]. */
export type Numbers = { readonly x: NdArray<Float32Array>; readonly y: NdArray<Float32Array> };

const read = (folder: string, file: string, options?: CsvOptions): Table =>
  parseCsv(readFileSync(join(folder, file), 'utf8'), options);

/** Two lengths, the length of a flipper and the mass of penguins, and their species; the two rows without them are left out. */
export function penguins(folder: string): Classes {
  const features = ['bill_length_mm', 'bill_depth_mm', 'flipper_length_mm', 'body_mass_g'];
  const table = read(folder, 'penguins.csv').dropMissing(features);
  return { x: table.matrix(features), labels: table.categories('species').codes };
}

/** Four figures of a photograph of a banknote (of its wavelet transform, and its entropy), and which of the two kinds it is, genuine or forged. */
export function banknotes(folder: string): Classes {
  const features = ['variance', 'skewness', 'kurtosis', 'entropy'];
  const table = read(folder, 'banknote_authentication.csv', { header: [...features, 'kind'] });
  return { x: table.matrix(features), labels: table.integers('kind') };
}

/** Eleven measurements of red wines, and how they were judged, 3 to 8. */
export function redWine(folder: string): Numbers {
  const table = read(folder, 'winequality-red.csv', { header: false });
  return { x: table.matrix(table.names.slice(0, 11)), y: table.matrix(['11']) };
}

/** Sex (female, infant or male), three lengths and four masses of abalones, and the rings of their shells, one for each year. */
export function abalone(folder: string): Numbers {
  const features = ['sex', 'length', 'diameter', 'height', 'whole', 'shucked', 'viscera', 'shell'];
  const table = read(folder, 'abalone.csv', { header: [...features, 'rings'] });
  return { x: table.matrix(features, { oneHot: { sex: ['F', 'I', 'M'] } }), y: table.matrix(['rings']) };
}
