// Gains: how much an activation shrinks what passes through it, for initialisers to make up for.

import { ArgumentError, checkCall, type KnownOptions, shown } from '@dl/autograd';

/** What `calculateGain` knows. `linear` stands for convolutions too, and for no activation at all. */
export type GainName = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

const gains: Readonly<Record<GainName, (slope: number) => number>> = {
  linear: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.SQRT2,
  leakyRelu: (slope) => Math.sqrt(2 / (1 + slope ** 2)),
  selu: () => 3 / 4,
};

const calculateGainOptions: KnownOptions = { slope: 'finite' };

/**
 * The gain of an activation, as PyTorch has it: 1 for `linear` and `sigmoid`, 5/3 for `tanh`, √2 for `relu`, √(2 / (1 + slope²)) for
 * `leakyRelu` (default slope 0.01), 3/4 for `selu`.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { calculateGain, Linear, xavierUniform } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new Linear(30, 20);
 * layer.weight.assign(xavierUniform(layer.weight.shape, { gain: calculateGain('tanh') }));
 * ```
 */
export function calculateGain(activation: GainName, options: { readonly slope?: number } = {}): number {
  checkCall('calculateGain', arguments, ['activation'], calculateGainOptions);
  const { slope = 0.01 } = options;
  if (!Object.hasOwn(gains, activation)) {
    const names = Object.keys(gains).map((name) => `'${name}'`);
    throw new ArgumentError(`calculateGain: got ${shown(activation)}, needs one of ${names.join(', ')}`);
  }
  if (!Number.isFinite(slope))
    throw new ArgumentError(`calculateGain: slope is ${shown(slope)}, needs a finite number`);
  return gains[activation](slope);
}
