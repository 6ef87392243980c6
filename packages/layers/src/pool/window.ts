// The window of a pool over images: its size, its steps and its padding, checked when the layer is made; and the base of such pools.

import {
  ArgumentError,
  type MaxPoolOptions,
  type Pair,
  type PoolOptions,
  type Shape,
  shown,
  toPair,
} from '@dl/autograd';
import { formatArguments } from '../core/checks.js';
import { type Reach, windowReach } from '../core/receptive-field.js';
import { SpatialModule } from '../core/spatial.js';
import { leftoversOf } from '../core/summary.js';

/** The window of a pool over images. Pairs are [vertical, horizontal]. */
export interface Window {
  /** How large it is. */
  readonly kernelSize: readonly [number, number];
  /** Steps between windows. */
  readonly stride: readonly [number, number];
  /** Added on all sides. */
  readonly padding: readonly [number, number];
  /** Steps between its elements. */
  readonly dilation: readonly [number, number];
  /** Whether windows reach over the end, rather than leave elements out. */
  readonly ceilMode: boolean;
}

export function windowOf(layer: string, kernelSize: Pair, options: MaxPoolOptions): Window {
  const { stride = kernelSize, padding = 0, dilation = 1, ceilMode = false } = options;
  const window = toPair(layer, 'kernelSize', kernelSize, 1);
  const around = toPair(layer, 'padding', padding, 0);
  const gaps = toPair(layer, 'dilation', dilation, 1);
  const span = window.map((length, axis) => gaps[axis]! * (length - 1) + 1);
  if (around.some((length, axis) => length > span[axis]! / 2)) {
    throw new ArgumentError(
      `${layer}: padding ${around.join('x')} is more than half the window ${span.join('x')}; a window could see padding only`,
    );
  }
  return { kernelSize: window, stride: toPair(layer, 'stride', stride, 1), padding: around, dilation: gaps, ceilMode };
}

/** What `maxPool2d` takes of a window. */
export const maxOptions = ({ stride, padding, dilation, ceilMode }: Window): MaxPoolOptions => ({
  stride,
  padding,
  dilation,
  ceilMode,
});

/** What `avgPool2d` takes of a window. */
export const avgOptions = ({ stride, padding, ceilMode }: Omit<Window, 'kernelSize'>): PoolOptions => ({
  stride,
  padding,
  ceilMode,
});

/** What sums are divided by, where that is given. */
export function checkDivisor(layer: string, divisor: number | undefined): number | undefined {
  if (divisor === undefined || (Number.isSafeInteger(divisor) && divisor !== 0)) return divisor;
  throw new ArgumentError(`${layer}: divisorOverride is ${shown(divisor)}, needs a whole number other than 0`);
}

/** Base of the pools over images: what their window sees, leaves over, and how it prints. */
export abstract class Pool2d extends SpatialModule {
  readonly window: Window;

  constructor(layer: string, kernelSize: Pair, options: MaxPoolOptions) {
    super(layer, 2);
    this.window = windowOf(layer, kernelSize, options);
  }

  override reach(): Reach {
    return windowReach(this.window.kernelSize, this.window.stride, this.window.dilation);
  }

  /** In ceil mode windows reach over the edge instead. */
  leftovers(input: Shape): readonly string[] {
    return this.window.ceilMode ? [] : leftoversOf(input, this.window);
  }

  override describe(): string {
    return this.describeWith([]);
  }

  /** The window between numbers that stand before it and options of a pool's own. */
  protected describeWith(
    positional: readonly number[],
    options: Readonly<Record<string, readonly [value: unknown, standard: unknown]>> = {},
  ): string {
    return formatArguments(positional, { ...describeWindow(this.window), ...options });
  }
}

/** The options of a window, with their defaults, for {@link Module.describe}. */
export function describeWindow({ kernelSize, stride, padding, dilation, ceilMode }: Window) {
  return {
    kernelSize: [kernelSize, undefined],
    stride: [stride, kernelSize],
    padding: [padding, [0, 0]],
    dilation: [dilation, [1, 1]],
    ceilMode: [ceilMode, false],
  } as const;
}
