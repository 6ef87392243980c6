// The tables of rotary positions.

import { checkCall, type Known } from '../arguments/check-call.js';
import { shown } from '../arguments/shown.js';
import { ArgumentError } from '../errors.js';
import { make } from './make.js';
import { checkInteger } from './shape.js';
import type { Tensor } from './tensor.js';

export interface RotaryTableOptions {
  /** Column i turns by position · base^(-2i / rotated). Default 10000. */
  readonly base?: number;
  /** Added to each position: the number of those that came before. Default 0. */
  readonly offset?: number;
  /** Positions are divided by this, for lengths beyond those of the training (Chen et al., Position Interpolation, 2023). Default 1. */
  readonly scaling?: number;
}

const rotaryTableOptions: Known<RotaryTableOptions> = { base: 'finite', offset: 'finite', scaling: 'finite' };

/**
 * Cosine and sine of the angles that {@link rotary} turns features by, [length, rotated / 2]: column i of the row for position p has the angle
 * (p + offset) / scaling · base^(-2i / rotated). They are computed in double precision, and `float32` then.
 *
 * @param positions How many positions, from 0 on, or the list of them.
 * @param rotated How many features turn: an even number.
 *
 * @example
 * ```ts
 * import { rotaryTables, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const { cos, sin } = rotaryTables(3, 4);
 * console.log(cos.shape, sin.slice([1]).toArray()); // [3, 2] and [0.84…, 0.0099…]: the sines of 1 and of 1/100
 * console.log(rotaryTables([7, 7, 2], 4, { offset: 1 }).cos.shape); // [3, 2]
 * ```
 */
export function rotaryTables(
  positions: number | readonly number[],
  rotated: number,
  options: RotaryTableOptions = {},
): { readonly cos: Tensor; readonly sin: Tensor } {
  checkCall(
    'rotaryTables',
    arguments,
    [
      ['positions', 'number or numbers'],
      ['rotated', 'number'],
    ],
    rotaryTableOptions,
  );
  const { base = 10_000, offset = 0, scaling = 1 } = options;
  if (typeof positions === 'number') checkInteger('rotaryTables', 'positions', positions, 0);
  checkInteger('rotaryTables', 'rotated', rotated, 0);
  if (rotated % 2 !== 0) {
    throw new ArgumentError(
      `rotaryTables: rotated is ${rotated}, needs an even number, since features turn two by two; give ${rotated - 1}, and the last feature passes as it is`,
    );
  }
  for (const [name, value] of Object.entries({ base, scaling })) {
    if (!(value > 0)) throw new ArgumentError(`rotaryTables: ${name} is ${shown(value)}, needs a number above 0`);
  }
  const list = typeof positions === 'number' ? Array.from({ length: positions }, (_, i) => i) : positions;
  const columns = rotated / 2;
  const rates = Array.from({ length: columns }, (_, i) => base ** ((-2 * i) / rotated));
  const table = (of: (angle: number) => number): Tensor => {
    const values = Float32Array.from({ length: list.length * columns }, (_, at) => {
      const position = (list[Math.floor(at / columns)]! + offset) / scaling;
      return of(position * rates[at % columns]!);
    });
    return make('rotaryTables', values, [list.length, columns], 'float32', {});
  };
  return { cos: table(Math.cos), sin: table(Math.sin) };
}
