// AR: the next value of a series as a weighted sum of those before it.

import { ArgumentError, checkCall, checkInteger, type Known, ShapeError, shown } from '@dl/autograd';
import { leastSquares } from './least-squares.js';

/** Options of {@link AR}. */
export interface AROptions {
  /** Add a constant. Default true. */
  readonly intercept?: boolean;
}

const arOptions: Known<AROptions> = { intercept: 'boolean' };

/**
 * The autoregressive model of a series, y(t) = c + a₁ y(t-1) + … + aₚ y(t-p): what any network has to be better than. `fit` finds the coefficients by least
 * squares over all t > p, the shortest ones where the series leaves a choice. A value that is forecast takes the place of one that is not known
 * yet, so that forecasts go as far as wanted. Plain numbers, in double precision.
 *
 * @throws ArgumentError for an order that is no whole number of at least 1, numbers that are not finite, and a model that is not fitted yet; ShapeError for
 * a series that is too short: to fit, as many values as coefficients beyond the first p; to go on from, p.
 *
 * Source: G. Yule, "On a method of investigating periodicities in disturbed series", 1927; G. Box, G. Jenkins, "Time series analysis", 1970.
 *
 * @example
 * ```ts
 * import { AR } from '@dl/rnn';
 * const wave = Array.from({ length: 60 }, (_, t) => 10 + Math.sin(t / 3));
 * const model = new AR(2).fit(wave);
 * console.log(model.coefficients); // 2 cos(1/3) = 1.89 and -1: a wave is the sum of its last two values
 * console.log(model.forecast(wave, 3), Math.sin(62 / 3) + 10); // the third is the same
 * ```
 */
export class AR {
  /** p, how many values go in. */
  readonly order: number;
  readonly #hasIntercept: boolean;
  #fitted: { readonly coefficients: Float64Array; readonly intercept: number } | undefined;

  constructor(order: number, options: AROptions = {}) {
    checkCall('AR', arguments, ['order'], arOptions);
    this.order = checkInteger('AR', 'order', order, 1);
    this.#hasIntercept = options.intercept ?? true;
  }

  /** a₁ to aₚ: the weight of the last value first. */
  get coefficients(): Float64Array {
    return this.#known('coefficients').coefficients.slice();
  }

  /** c, or 0 without one. */
  get intercept(): number {
    return this.#known('intercept').intercept;
  }

  /** Finds the coefficients of a series. Returns the model. */
  fit(series: ArrayLike<number>): this {
    checkCall('AR.fit', arguments, ['series']);
    const { order } = this;
    const unknowns = order + Number(this.#hasIntercept);
    const values = valuesOf(
      'AR.fit',
      'series',
      series,
      order + unknowns,
      `${order} to begin with, and one for each of ${unknowns} coefficients`,
    );
    const rows = values.length - order;
    const columns = Array.from({ length: order }, (_, lag) => values.subarray(order - 1 - lag, order - 1 - lag + rows));
    if (this.#hasIntercept) columns.push(new Float64Array(rows).fill(1));
    const found = leastSquares(columns, values.subarray(order));
    this.#fitted = { coefficients: found.slice(0, order), intercept: this.#hasIntercept ? found[order]! : 0 };
    return this;
  }

  /** For each value of a series but the first p what the p before it let expect. */
  predict(series: ArrayLike<number>): Float64Array {
    checkCall('AR.predict', arguments, ['series']);
    this.#known('predict');
    const values = valuesOf('AR.predict', 'series', series, this.order, 'the order');
    return Float64Array.from({ length: values.length - this.order }, (_, i) => this.#next(values, i + this.order));
  }

  /** The `steps` values that follow `history`, of which the last p count. */
  forecast(history: ArrayLike<number>, steps: number): Float64Array {
    checkCall('AR.forecast', arguments, ['history', 'steps']);
    this.#known('forecast');
    const known = valuesOf('AR.forecast', 'history', history, this.order, 'the order');
    checkInteger('AR.forecast', 'steps', steps, 0);
    const { order } = this;
    const values = new Float64Array(order + steps);
    values.set(known.subarray(known.length - order));
    for (let t = order; t < values.length; t++) values[t] = this.#next(values, t);
    return values.slice(order);
  }

  /** What the values before t let expect. */
  #next(values: Float64Array, t: number): number {
    const { coefficients, intercept } = this.#fitted!;
    return coefficients.reduce((sum, a, lag) => sum + a * values[t - 1 - lag]!, intercept);
  }

  #known(what: string): { readonly coefficients: Float64Array; readonly intercept: number } {
    if (this.#fitted === undefined)
      throw new ArgumentError(`AR.${what}: the model knows no series yet; fit() it to one first`);
    return this.#fitted;
  }
}

/** The numbers of a series, checked. */
function valuesOf(
  where: string,
  name: string,
  series: ArrayLike<number>,
  least: number,
  because: string,
): Float64Array {
  if (!(Array.isArray(series) || (ArrayBuffer.isView(series) && 'length' in series))) {
    throw new ArgumentError(`${where}: ${name} is ${shown(series)}, needs an array of numbers`);
  }
  const values = Float64Array.from(series);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new ArgumentError(`${where}: value ${bad} of ${name} is ${shown(series[bad])}, needs finite numbers`);
  if (values.length < least) {
    throw new ShapeError(`${where}: ${name} has ${values.length} values, needs at least ${least}: ${because}`);
  }
  return values;
}
