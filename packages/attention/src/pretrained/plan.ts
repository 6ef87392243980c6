// Which of the tensors of others go where in a model, and whether they fit: all of it is known before the first value is read.

import { formatShape, printable, type Shape, sizeOf, type TypedArray } from '@dl/autograd';
import type { BERT } from '../models/bert.js';
import type { GPT } from '../models/gpt.js';
import { refused } from './config.js';

/** One of the tensors of others. */
export interface Source {
  readonly name: string;
  readonly shape: Shape;
  /** Whether it has columns where we have rows. */
  readonly transposed?: boolean;
}

/** A parameter of ours, and the tensors whose rows it has, one below the other. */
export interface Entry {
  readonly to: string;
  readonly from: readonly Source[];
}

/** A tensor that says once more what another one says, as a tied map to the logits does. */
export interface Twin extends Source {
  readonly of: string;
}

/** What an architecture makes of a config and the names of its tensors. */
export interface Plan<M extends GPT | BERT = GPT | BERT> {
  make(options: MakeOptions): M;
  readonly entries: readonly Entry[];
  readonly twins: readonly Twin[];
  /** Tensors that are no weights, such as masks and numbers of positions. */
  isIdle(name: string): boolean;
}

/** How a model is made of a plan. */
export interface MakeOptions {
  readonly dropout?: number;
  readonly dtype?: 'float32' | 'float64';
  readonly begin?: number;
}

/** Which tensors of others there are. */
export type Shapes = ReadonlyMap<string, Shape>;

/** A parameter as it is, from one tensor. */
export const one = (to: string, name: string, shape: Shape): Entry => ({ to, from: [{ name, shape }] });

/** A parameter [rows, columns], from one tensor [columns, rows]. */
export const turned = (to: string, name: string, [rows, columns]: readonly [number, number]): Entry => ({
  to,
  from: [{ name, shape: [columns, rows], transposed: true }],
});

/** A parameter from several tensors, one below the other. */
export const stacked = (to: string, parts: readonly (readonly [name: string, shape: Shape])[]): Entry => ({
  to,
  from: parts.map(([name, shape]) => ({ name, shape })),
});

/** Throws unless all tensors that a plan needs are there, and no others, each in its shape. */
export function checkPlan({ entries, twins, isIdle }: Plan, shapes: Shapes): void {
  const needed = entries.flatMap(({ from }) => from);
  const known = new Set([...needed, ...twins].map(({ name }) => name));
  const missing = needed.filter(({ name }) => !shapes.has(name)).map(({ name }) => printable(name));
  if (missing.length > 0) throw refused(`${listed(missing)} missing from the weights, which the config asks for`);
  const extra = [...shapes.keys()].filter((name) => !known.has(name) && !isIdle(name)).map((name) => printable(name));
  if (extra.length > 0)
    throw refused(
      `the weights have ${extra.slice(0, 5).join(', ')}${more(extra)}, which a model of this config has no place for`,
    );
  const wrong = [...needed, ...twins].flatMap(({ name, shape }) => {
    const found = shapes.get(name);
    if (found === undefined || `${found}` === `${shape}`) return [];
    return [`${printable(name)} is ${formatShape(found)} instead of ${formatShape(shape)}`];
  });
  if (wrong.length > 0)
    throw refused(
      `the weights do not have the shapes that the config says: ${wrong.slice(0, 5).join(', ')}${more(wrong)}`,
    );
}

const more = (all: readonly string[]): string => (all.length > 5 ? `, and ${all.length - 5} more` : '');

const listed = (names: readonly string[]): string =>
  `${names.slice(0, 5).join(', ')}${more(names)} ${names.length === 1 ? 'is' : 'are'}`;

/** The values of a parameter, row by row, from those of its sources. */
export function assembled({ from }: Entry, values: readonly TypedArray[]): TypedArray {
  const [first] = values;
  if (from.length === 1 && !from[0]!.transposed) return first!;
  const all = new (first!.constructor as Float32ArrayConstructor)(
    from.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
  );
  let at = 0;
  from.forEach(({ shape, transposed = false }, i) => {
    const part = values[i]!;
    if (transposed) transpose(part, shape as readonly [number, number], all.subarray(at, at + part.length));
    else all.set(part, at);
    at += part.length;
  });
  return all;
}

/** [rows, columns] → [columns, rows], tile by tile, so that neither side is read far apart. */
function transpose(x: TypedArray, [rows, columns]: readonly [number, number], y: Float32Array): void {
  const tile = 32;
  for (let top = 0; top < rows; top += tile) {
    for (let left = 0; left < columns; left += tile) {
      const [bottom, right] = [Math.min(top + tile, rows), Math.min(left + tile, columns)];
      for (let i = top; i < bottom; i++) for (let j = left; j < right; j++) y[j * rows + i] = x[i * columns + j]!;
    }
  }
}
