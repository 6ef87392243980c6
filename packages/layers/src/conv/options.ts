// What convolutions of one, two and three axes share: how their options are checked, and what they cost and see.

import {
  ArgumentError,
  formatShape,
  type Known,
  type Pads,
  pad,
  type Shape,
  ShapeError,
  shown,
  sizeOf,
  type Tensor,
} from '@dl/autograd';

/** What stands around the input: zeros, its mirror image, its edge, or its other end. */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular';

/** What the filters of {@link Conv1d}, {@link Conv2d} and {@link Conv3d} do beside sliding. */
export interface FilterOptions {
  /** What padding is made of. Default zeros. */
  readonly paddingMode?: PaddingMode;
  /** Turn the filter round: convolution as mathematics has it, not cross-correlation. Default false. */
  readonly flip?: boolean;
}

export const filterOptions: Known<FilterOptions> = {
  paddingMode: ['zeros', 'reflect', 'replicate', 'circular'],
  flip: 'boolean',
};

const modes: readonly PaddingMode[] = ['zeros', 'reflect', 'replicate', 'circular'];

export function checkPaddingMode(layer: string, mode: PaddingMode): PaddingMode {
  if (modes.includes(mode)) return mode;
  throw new ArgumentError(
    `${layer}: paddingMode is ${shown(mode)}, needs 'zeros', 'reflect', 'replicate' or 'circular'`,
  );
}

export function checkGroups(layer: string, inChannels: number, outChannels: number, groups: number): void {
  for (const [name, channels] of Object.entries({ inChannels, outChannels })) {
    if (channels % groups !== 0) {
      throw new ArgumentError(
        `${layer}: ${name} is ${channels}, which cannot be cut into ${groups} groups; needs a multiple of ${groups}`,
      );
    }
  }
}

/** Throws unless padding is one of the words that stand for it; `same` needs stride 1. */
export function checkPaddingWord(layer: string, padding: unknown, stride: readonly number[]): 'same' | 'valid' {
  if (padding !== 'same' && padding !== 'valid') {
    const numbers =
      stride.length === 1 ? 'a number' : stride.length === 2 ? 'a number, a pair' : 'a number, three numbers';
    throw new ArgumentError(`${layer}: padding is '${String(padding)}', needs ${numbers}, 'same' or 'valid'`);
  }
  if (padding === 'same' && stride.some((step) => step !== 1)) {
    const numbers = stride.length === 1 ? 'a number' : 'numbers';
    throw new ArgumentError(
      `${layer}: padding 'same' needs stride 1, got ${stride.join('x')}; give the padding as ${numbers}`,
    );
  }
  return padding;
}

/** How much stands before and after each spatial axis. `same` puts the odd one behind, as PyTorch does. */
export function padsOf(
  padding: readonly number[] | 'same' | 'valid',
  kernelSize: readonly number[],
  dilation: readonly number[],
): Pads {
  return kernelSize.map((length, axis) => {
    if (padding === 'valid') return [0, 0];
    if (padding !== 'same') return [padding[axis]!, padding[axis]!];
    const total = dilation[axis]! * (length - 1);
    return [Math.floor(total / 2), total - Math.floor(total / 2)];
  });
}

/** The input with its spatial axes padded in a mode. */
export function padInput(layer: string, x: Tensor, pads: Pads, mode: PaddingMode): Tensor {
  const first = x.rank - pads.length;
  pads.forEach((pair, i) => {
    const length = x.shape[first + i]!;
    const most = mode === 'reflect' ? length - 1 : mode === 'circular' ? length : Infinity;
    if (Math.max(...pair) > most || length === 0) {
      throw new ShapeError(
        `${layer}: padding ${Math.max(...pair)} in mode '${mode}' needs more than the ${length} elements that axis ` +
          `${first + i} of the input ${formatShape(x.shape)} has; pad less, or with zeros`,
      );
    }
  });
  const all: Pads = [...Array.from({ length: first }, () => [0, 0] as const), ...pads];
  return mode === 'zeros' ? pad(x, all) : pad(x, all, { mode });
}

/** One for each axis, from a number or as many numbers. */
export function toTuple(layer: string, name: string, value: number | readonly number[], axes: number, least: number) {
  const list = typeof value === 'number' ? Array.from({ length: axes }, () => value) : value;
  if (!Array.isArray(list) || list.length !== axes) {
    throw new ArgumentError(`${layer}: ${name} is ${shown(value)}, needs one number or ${axes}, one for each axis`);
  }
  for (const each of list) {
    if (!Number.isSafeInteger(each) || each < least) {
      throw new ArgumentError(`${layer}: ${name} is ${shown(each)}, needs a whole number of at least ${least}`);
    }
  }
  return list as readonly number[];
}

/** Of a convolution: every output is a sum over a filter's weights. */
export function convMultiplyAdds(weight: Shape, output: Shape): number {
  return sizeOf(output) * sizeOf(weight.slice(1));
}
