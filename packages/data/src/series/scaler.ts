// Scaler: brings columns of numbers to where a network learns well, and its answers back to their units.

import { ArgumentError, checkCall, type Known, ShapeError } from '@dl/autograd';
import type { NdArray, NdData } from '../nd-array.js';
import { checkedArray, columnsOf, type Floats, floatsLike } from './columns.js';

/** How a {@link Scaler} brings a column to another place. */
export type ScalerMethod = 'standard' | 'minMax' | 'signs';

/** Options of {@link Scaler}. */
export interface ScalerOptions {
  /**
   * `standard`: mean 0 and standard deviation 1. `minMax`: from the least to the largest number of a column to `range`. `signs`: columns of
   * two values, such as classes; -1 for the smaller one, +1 for the larger one. Default: `standard`.
   */
  method?: ScalerMethod;
  /** Where `minMax` brings the least and the largest number of a column. Default: [0, 1]. */
  range?: readonly [low: number, high: number];
}

const scalerOptions: Known<ScalerOptions> = { method: ['standard', 'minMax', 'signs'], range: 'numbers' };

/** What a {@link Scaler} knows: plain numbers that can be stored as JSON. */
export interface ScalerState {
  readonly method: ScalerMethod;
  readonly range: readonly [low: number, high: number];
  /** For each column what is taken off; null before the first `fit`. */
  readonly center: readonly number[] | null;
  /** For each column what is then divided by. */
  readonly scale: readonly number[] | null;
}

/**
 * Scales columns: `fit` looks at the training part, `transform` scales that part and any other in the same way, `inverse` brings results back.
 * With the center c and the scale s of a column, x becomes (x - c) / s + a:
 *
 * | method | c | s | a |
 * | --- | --- | --- | --- |
 * | `standard` | the mean | the standard deviation, √(Σ (x - c)² / N) | 0 |
 * | `minMax` | the least number | (largest - least) / (high - low) | low |
 * | `signs` | between the two values | half of what lies between them | 0 |
 *
 * A column whose numbers are all the same has no scale of its own: s is 1, or 1 / (high - low) for `minMax`, so that it becomes 0, or `low`. With
 * `signs`, `inverse` gives the larger value for numbers of at least 0 and the smaller one for others: what an output of tanh answers.
 *
 * A series `[N]` has one column, `[N, columns]` as many as it says, and `[…, columns]` too. A scaler of one column scales arrays of any shape: the
 * forecasts `[batch, horizon]` as well as the series that it was fitted to. Of doubles come doubles, of all other numbers floats of 32 bits; nothing is
 * changed in place. NaN stays NaN.
 *
 * What it knows is in `state`, plain numbers for JSON or beside the weights of a model in `saveState` of @dl/checkpoint; a scaler of the same options
 * to which it is assigned needs no `fit`.
 *
 * @throws ArgumentError for numbers to fit that are not finite, a column that `signs` cannot take, a range that is none, a state that does not fit;
 * ShapeError for other columns than it was fitted to.
 *
 * Source: Y. LeCun, L. Bottou, G. Orr, K.-R. Müller, "Efficient BackProp", 1998, for why inputs are scaled, and targets put at ±1.
 *
 * @example
 * ```ts
 * import { Scaler } from '@dl/data';
 * const train = { data: Float32Array.of(10, 1, 20, 1, 30, 1), shape: [3, 2] };
 * const scaler = new Scaler({ method: 'minMax', range: [-1, 1] }).fit(train);
 * console.log(scaler.transform(train).data); // -1 -1, 0 -1, 1 -1
 * console.log(scaler.inverse({ data: Float32Array.of(0.5, -1), shape: [1, 2] }).data); // 25 1
 *
 * const restored = new Scaler({ method: 'minMax', range: [-1, 1] });
 * restored.state = JSON.parse(JSON.stringify(scaler.state));
 * console.log(restored.transform({ data: Float32Array.of(40, 1), shape: [1, 2] }).data); // 2 -1: beyond what it was fitted to
 * ```
 */
export class Scaler {
  readonly method: ScalerMethod;
  readonly range: readonly [low: number, high: number];
  #center: Float64Array | undefined;
  #scale: Float64Array | undefined;

  constructor(options: ScalerOptions = {}) {
    checkCall('Scaler', arguments, [], scalerOptions);
    const { method = 'standard', range } = options;
    if (range !== undefined && method !== 'minMax') {
      throw new ArgumentError(`Scaler: range is of the method 'minMax', and this one is '${method}'; leave one out`);
    }
    const [low = Number.NaN, high = Number.NaN] = range ?? [0, 1];
    if ((range !== undefined && range.length !== 2) || !(low < high && high - low < Infinity)) {
      throw new ArgumentError(`Scaler: range is [${range!.join(', ')}], needs two numbers, low < high`);
    }
    this.method = method;
    this.range = [low, high];
  }

  /** What is taken off each column. */
  get center(): Float64Array {
    return this.#fitted('center').center.slice();
  }

  /** What each column is divided by. With `standard`, the unit of an error that was measured on scaled numbers. */
  get scale(): Float64Array {
    return this.#fitted('scale').scale.slice();
  }

  /** What it knows. Assigned, it takes the place of what it knew. */
  get state(): ScalerState {
    const { method, range } = this;
    const plain = (values: Float64Array | undefined): number[] | null => (values === undefined ? null : [...values]);
    return { method, range, center: plain(this.#center), scale: plain(this.#scale) };
  }

  set state(state: ScalerState) {
    const { method, range, center, scale } = (state ?? {}) as Partial<ScalerState>;
    if (method !== this.method || `${range}` !== `${this.range}`) {
      throw new ArgumentError(
        `Scaler state: it is of a scaler of '${method}' to [${range}], this one is of '${this.method}' to [${this.range}]; ` +
          'give it the same options',
      );
    }
    if (center === null && scale === null) {
      this.#center = undefined;
      this.#scale = undefined;
      return;
    }
    const isGood =
      Array.isArray(center) &&
      Array.isArray(scale) &&
      center.length === scale.length &&
      center.length > 0 &&
      center.every(Number.isFinite) &&
      scale.every((value: unknown) => Number.isFinite(value) && (value as number) > 0);
    if (!isGood) {
      throw new ArgumentError(
        'Scaler state: it has no center and scale for each column, finite and with a scale above 0; pass what state of a scaler gave',
      );
    }
    this.#center = Float64Array.from(center);
    this.#scale = Float64Array.from(scale);
  }

  /** Looks at the numbers of the training part, each column for itself, and forgets what it knew. Returns the scaler. */
  fit(array: NdArray): this {
    checkCall('Scaler.fit', arguments, ['array']);
    const { data, shape } = checkedArray(array, 'Scaler.fit');
    if (data.length === 0) {
      throw new ShapeError(
        `Scaler.fit: the array [${shape.join(', ')}] is empty, needs [N] or [N, columns] with at least 1 row`,
      );
    }
    const columns = columnsOf(array);
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new ArgumentError(
        `Scaler.fit: row ${Math.floor(bad / columns)} has ${data[bad]} in column ${bad % columns}, needs finite numbers; leave such rows out, or fill them`,
      );
    }
    const each = Array.from({ length: columns }, (_, column) => this.#measure(columnOf(data, column, columns), column));
    this.#center = Float64Array.from(each, ([center]) => center);
    this.#scale = Float64Array.from(each, ([, scale]) => scale);
    return this;
  }

  /** The numbers, scaled. */
  transform<D extends NdData>(array: NdArray<D>): NdArray<Floats<D>> {
    checkCall('Scaler.transform', arguments, ['array']);
    const { center, scale } = this.#for(array, 'transform');
    const low = this.#low;
    if (this.method === 'signs') {
      return this.#each(array, (x, column) => signOf(x, center[column]!, scale[column]!, column));
    }
    return this.#each(array, (x, column) => (x - center[column]!) / scale[column]! + low);
  }

  /** Numbers that are scaled, back in the units of the columns. */
  inverse<D extends NdData>(array: NdArray<D>): NdArray<Floats<D>> {
    checkCall('Scaler.inverse', arguments, ['array']);
    const { center, scale } = this.#for(array, 'inverse');
    const low = this.#low;
    const answer = this.method === 'signs' ? nearestSign : (y: number): number => y - low;
    return this.#each(array, (y, column) => answer(y) * scale[column]! + center[column]!);
  }

  #each<D extends NdData>(array: NdArray<D>, f: (value: number, column: number) => number): NdArray<Floats<D>> {
    const columns = this.#center!.length;
    const { data, shape } = array;
    const out = floatsLike(data, data.length);
    for (let i = 0; i < data.length; i++) out[i] = f(data[i]!, i % columns);
    return { data: out, shape };
  }

  /** Center and scale of a column. */
  #measure(values: Float64Array, column: number): readonly [center: number, scale: number] {
    if (this.method === 'standard') return meanAndDeviation(values);
    const least = values.reduce((low, value) => Math.min(low, value));
    const largest = values.reduce((high, value) => Math.max(high, value));
    if (this.method === 'minMax') {
      const [low, high] = this.range;
      return [least, (largest === least ? 1 : largest - least) / (high - low)];
    }
    const other = values.find((value) => value !== least && value !== largest);
    if (least === largest || other !== undefined) {
      const found = other === undefined ? `nothing but ${least}` : `${least}, ${other} and ${largest}`;
      throw new ArgumentError(
        `Scaler.fit: column ${column} has ${found}, but 'signs' needs columns of two values; use 'minMax' with the range [-1, 1] for others`,
      );
    }
    return [least / 2 + largest / 2, largest / 2 - least / 2];
  }

  /** What is added after the division. */
  get #low(): number {
    return this.method === 'minMax' ? this.range[0] : 0;
  }

  #fitted(what: string): { readonly center: Float64Array; readonly scale: Float64Array } {
    if (this.#center === undefined || this.#scale === undefined) {
      throw new ArgumentError(
        `Scaler.${what}: nothing is known of the columns yet; fit() it to the training part first`,
      );
    }
    return { center: this.#center, scale: this.#scale };
  }

  #for(array: NdArray, what: string): { readonly center: Float64Array; readonly scale: Float64Array } {
    const known = this.#fitted(what);
    const columns = known.center.length;
    const found = columnsOf(checkedArray(array, `Scaler.${what}`));
    if (columns > 1 && found !== columns) {
      throw new ShapeError(
        `Scaler.${what}: the array [${array.shape.join(', ')}] has ${found} columns, needs ${columns}, which the scaler was fitted to`,
      );
    }
    return known;
  }
}

const columnOf = (data: NdData, column: number, columns: number): Float64Array =>
  Float64Array.from({ length: data.length / columns }, (_, row) => data[row * columns + column]!);

function meanAndDeviation(values: Float64Array): readonly [mean: number, deviation: number] {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  // A sum of equal numbers is rounded, so that they differ from their mean by that much.
  const rounding = count * Number.EPSILON * variance + (count * mean * Number.EPSILON) ** 2;
  return [mean, variance <= rounding ? 1 : Math.sqrt(variance)];
}

const nearestSign = (y: number): number => (y >= 0 ? 1 : y < 0 ? -1 : Number.NaN);

function signOf(x: number, center: number, scale: number, column: number): number {
  const y = (x - center) / scale;
  if (Number.isNaN(y) || Math.abs(Math.abs(y) - 1) < 1e-6) return Math.sign(y);
  throw new ArgumentError(
    `Scaler.transform: column ${column} has ${x}, but it was fitted to ${center - scale} and ${center + scale}`,
  );
}
