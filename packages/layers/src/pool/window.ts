// The window of a pool: its size, its steps and its padding, checked when the layer is made.

import { ArgumentError, type Pair, type PoolOptions, type Shape, toPair } from '@dl/autograd';
import { leftoversOf } from '../core/summary.js';

export interface Window {
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly ceilMode: boolean;
}

export function windowOf(layer: string, kernelSize: Pair, options: PoolOptions): Window {
  const { stride = kernelSize, padding = 0, ceilMode = false } = options;
  const window = toPair(layer, 'kernelSize', kernelSize, 1);
  const around = toPair(layer, 'padding', padding, 0);
  if (around[0] > window[0] / 2 || around[1] > window[1] / 2) {
    throw new ArgumentError(
      `${layer}: padding ${around.join('x')} is more than half the window ${window.join('x')}; a window could see padding only`,
    );
  }
  return { kernelSize: window, stride: toPair(layer, 'stride', stride, 1), padding: around, ceilMode };
}

/** The options of a window, with their defaults, for {@link Module.describe}. */
export function describeWindow({ kernelSize, stride, padding, ceilMode }: Window) {
  return {
    kernelSize: [kernelSize, undefined],
    stride: [stride, kernelSize],
    padding: [padding, [0, 0]],
    ceilMode: [ceilMode, false],
  } as const;
}

/** Where windows do not fill the image, for a summary. In ceil mode they reach over its edge instead. */
export function leftoversOfPool(input: Shape, window: Window): readonly string[] {
  return window.ceilMode ? [] : leftoversOf(input, window);
}
