// Metrics of numbers: R², mean absolute error, root mean squared error.

import { ArgumentError, checkCall, ShapeError } from '@dl/autograd';
import { type Metric, nothingCounted, show, type Values } from './metric.js';

function checkSame(name: string, output: Values, target: Values): void {
  const [long, short] = output.shape.length > target.shape.length ? [output, target] : [target, output];
  if (show(long.shape) === show(short.shape)) return;
  // A linear layer gives [N, 1] where a table has [N].
  if (show(long.shape) === show([...short.shape, 1])) return;
  throw new ShapeError(
    `${name}: the output is ${show(output.shape)} and the target ${show(target.shape)}; needs the same shape`,
  );
}

/** A mean of something over all elements. */
abstract class MeanError implements Metric {
  readonly goal = 'min';
  readonly #name: string;
  #sum = 0;
  #count = 0;

  constructor(name: string) {
    this.#name = name;
  }

  protected abstract error(difference: number): number;

  update(output: Values, target: Values): void {
    checkSame(this.#name, output, target);
    for (let i = 0; i < target.data.length; i++) this.#sum += this.error(output.data[i]! - target.data[i]!);
    this.#count += target.data.length;
  }

  compute(): number {
    if (this.#count === 0) throw nothingCounted(this.#name);
    return this.#sum / this.#count;
  }

  reset(): void {
    this.#sum = 0;
    this.#count = 0;
  }
}

/**
 * Mean absolute error: Σ |output − target| / N over all elements. Output and target have the same shape.
 *
 * @example
 * ```ts
 * import { MAE } from '@dl/train';
 * const mae = new MAE();
 * mae.update({ data: [1, 2], shape: [2] }, { data: [2, 5], shape: [2] });
 * console.log(mae.compute()); // 2
 * ```
 */
export class MAE extends MeanError {
  constructor() {
    checkCall('MAE', arguments, []);
    super('MAE');
  }

  protected override error(difference: number): number {
    return Math.abs(difference);
  }
}

/**
 * Root mean squared error: √(Σ (output − target)² / N) over all elements. Output and target have the same shape.
 *
 * @example
 * ```ts
 * import { RMSE } from '@dl/train';
 * const rmse = new RMSE();
 * rmse.update({ data: [1, 2], shape: [2] }, { data: [2, 9], shape: [2] });
 * console.log(rmse.compute()); // 5
 * ```
 */
export class RMSE extends MeanError {
  constructor() {
    checkCall('RMSE', arguments, []);
    super('RMSE');
  }

  protected override error(difference: number): number {
    return difference * difference;
  }

  override compute(): number {
    return Math.sqrt(super.compute());
  }
}

/** Of one column: how many targets, their mean, the squares about it, and those of the errors. */
interface Column {
  mean: number;
  squares: number;
  errors: number;
}

/**
 * R², the coefficient of determination: 1 − Σ (target − output)² / Σ (target − mean)². 1 is perfect, 0 is as good as always
 * saying the mean, and below 0 is worse. For [N, D] it is the mean over the D columns.
 *
 * The mean and the squares about it are kept by Welford's updates ("Note on a method for calculating corrected sums of
 * squares and products", 1962), which lose no digits where the mean is large.
 *
 * @throws ArgumentError from `compute()` when all targets of a column are equal: there is nothing to explain.
 *
 * @example
 * ```ts
 * import { R2 } from '@dl/train';
 * const r2 = new R2();
 * r2.update({ data: [2.5, 0, 2, 8], shape: [4] }, { data: [3, -0.5, 2, 7], shape: [4] });
 * console.log(r2.compute()); // 0.9486…
 * ```
 */
export class R2 implements Metric {
  readonly goal = 'max';
  #columns: Column[] = [];
  #count = 0;

  constructor() {
    checkCall('R2', arguments, []);
  }

  update(output: Values, target: Values): void {
    checkSame('R2', output, target);
    const rows = target.shape[0] ?? 1;
    const width = rows === 0 ? this.#columns.length : target.data.length / rows;
    if (this.#count === 0) this.#columns = Array.from({ length: width }, () => ({ mean: 0, squares: 0, errors: 0 }));
    if (this.#columns.length !== width) {
      throw new ShapeError(`R2: the target is ${show(target.shape)}; all batches need ${this.#columns.length} columns`);
    }
    for (let row = 0; row < rows; row++) {
      this.#count++;
      for (const [c, column] of this.#columns.entries()) {
        const value = target.data[row * width + c]!;
        const before = value - column.mean;
        column.mean += before / this.#count;
        column.squares += before * (value - column.mean);
        column.errors += (output.data[row * width + c]! - value) ** 2;
      }
    }
  }

  compute(): number {
    if (this.#count === 0) throw nothingCounted('R2');
    const each = this.#columns.map(({ squares, errors, mean }) => {
      if (squares === 0) {
        throw new ArgumentError(`R2: all ${this.#count} targets are ${mean}; needs targets that differ`);
      }
      return 1 - errors / squares;
    });
    return each.reduce((sum, value) => sum + value, 0) / each.length;
  }

  reset(): void {
    this.#columns = [];
    this.#count = 0;
  }
}
