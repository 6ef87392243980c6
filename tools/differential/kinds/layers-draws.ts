// Which layers are drawn, with which options and inputs.

import type { Random } from '../random.js';
import { coarse, type Given, reals, spoiled, wholes } from './tensors.js';

export interface Drawn {
  readonly args: readonly unknown[];
  readonly options?: Readonly<Record<string, unknown>>;
  /** Of forward: tensors, or plain values. */
  readonly inputs: readonly unknown[];
}

const differentiable = (given: Given): Given => ({ ...given, grad: true });
const SPECIAL = ['nan', 'inf', '-inf', 1e20, 1e-20];

/** An input, sometimes with ties and zeros, and sometimes with what is special. */
function real(r: Random, shape: readonly number[]): Given {
  const given = r.chance(0.25) ? coarse(r, shape) : reals(r, shape);
  return differentiable(r.chance(0.05) ? spoiled(r, given, SPECIAL) : given);
}

/** One number for all axes, or one for each. */
const lengths = (r: Random, axes: number, low: number, high: number): number | number[] =>
  axes === 1 || r.chance(0.5) ? r.whole(low, high) : r.list(axes, () => r.whole(low, high));

/** [batch, channels, ...places], or without the batch. */
function spatial(r: Random, axes: number, channels: number, isSingle = r.chance(0.25)): Given {
  const most = axes === 1 ? 9 : axes === 2 ? 6 : 4;
  const places = r.list(axes, () => r.whole(1, most));
  return real(r, [...(isSingle ? [] : [r.whole(1, 3)]), channels, ...places]);
}

const anyShape = (r: Random, least = 0): number[] => r.list(r.whole(least, 4), () => r.whole(1, 4));
type Draw = (r: Random) => Drawn;

const activation =
  (args: (r: Random) => readonly unknown[] = () => [], options: (r: Random) => object = () => ({})): Draw =>
  (r) => ({ args: args(r), options: { ...options(r) }, inputs: [real(r, anyShape(r))] });
const plain = activation();
const alongAxis =
  (isHalved = false): Draw =>
  (r) => {
    const shape = anyShape(r, 1);
    const axis = r.whole(-shape.length, shape.length - 1);
    if (isHalved && r.chance(0.95)) shape[(axis + shape.length) % shape.length] = r.pick([2, 4]);
    return { args: [], options: { axis }, inputs: [real(r, shape)] };
  };

const activations: Readonly<Record<string, Draw>> = {
  ReLU: plain,
  Tanh: plain,
  Sigmoid: plain,
  ReLU6: (r) => ({ args: [], inputs: [differentiable(reals(r, anyShape(r), -8, 8))] }),
  Hardsigmoid: (r) => ({ args: [], inputs: [differentiable(reals(r, anyShape(r), -5, 5))] }),
  Hardswish: (r) => ({ args: [], inputs: [differentiable(reals(r, anyShape(r), -5, 5))] }),
  SELU: plain,
  SiLU: plain,
  Mish: plain,
  LogSigmoid: plain,
  Softsign: plain,
  Tanhshrink: plain,
  LeakyReLU: activation(undefined, (r) => r.some({ slope: () => r.pick([0, 0.01, 0.5, -0.5]) })),
  RReLU: activation(undefined, (r) => r.some({ low: () => r.number(0, 0.3), high: () => r.number(0.3, 0.9) })),
  Hardtanh: activation(undefined, (r) => r.some({ min: () => r.pick([-1, -2, 0]), max: () => r.pick([0.5, 1, 2]) })),
  Threshold: activation((r) => [r.pick([0, 0.5, -0.5]), r.pick([0, -1, 20])]),
  Hardshrink: activation(undefined, (r) => r.some({ lambda: () => r.pick([0, 0.5, 1]) })),
  Softshrink: activation(undefined, (r) => r.some({ lambda: () => r.pick([0, 0.5, 1]) })),
  ELU: activation(undefined, (r) => r.some({ alpha: () => r.number(0.1, 3) })),
  CELU: activation(undefined, (r) => r.some({ alpha: () => r.number(0.1, 3) })),
  GELU: activation(undefined, (r) => r.some({ approximate: () => r.pick(['none', 'tanh']) })),
  Softplus: activation(undefined, (r) => r.some({ beta: () => r.number(0.1, 3) })),
  Softmax: alongAxis(),
  Softmin: alongAxis(),
  LogSoftmax: alongAxis(),
  GLU: alongAxis(true),
  Softmax2d: (r) => ({
    args: [],
    inputs: [
      real(
        r,
        r.list(r.pick([3, 4, 4, 2]), () => r.whole(1, 3)),
      ),
    ],
  }),
  PReLU: (r) => {
    const shape = anyShape(r, 2);
    return { args: [], options: { numParameters: r.pick([1, shape[1], shape[1]]) }, inputs: [real(r, shape)] };
  },
};

const convolution =
  (axes: number): Draw =>
  (r) => {
    const groups = r.pick([1, 1, 1, 2, 3]);
    const [inner, outer] = [groups * r.whole(1, 2), groups * r.whole(1, 2)];
    const most = axes === 3 ? 2 : 3;
    const stride = r.chance(0.5) ? lengths(r, axes, 1, 3) : undefined;
    const mode = r.chance(0.7) ? undefined : r.pick(['zeros', 'reflect', 'replicate', 'circular']);
    const way = r.whole(0, 9);
    const padding = way < 4 ? undefined : way === 4 && axes < 3 ? r.pick(['same', 'valid']) : lengths(r, axes, 0, 2);
    const options = {
      ...r.some({ bias: () => r.chance(0.5), dilation: () => lengths(r, axes, 1, 2) }, 0.4),
      ...(stride && { stride }),
      ...(padding !== undefined && { padding }),
      ...(mode && { paddingMode: mode }),
      groups,
    };
    const channels = r.chance(0.97) ? inner : inner + 1;
    return { args: [inner, outer, lengths(r, axes, 1, most)], options, inputs: [spatial(r, axes, channels)] };
  };

const transposed =
  (axes: number): Draw =>
  (r) => {
    const groups = r.pick([1, 1, 2]);
    const [inner, outer] = [groups * r.whole(1, 2), groups * r.whole(1, 2)];
    const options = r.some(
      {
        stride: () => lengths(r, axes, 1, 3),
        padding: () => lengths(r, axes, 0, 2),
        outputPadding: () => lengths(r, axes, 0, 2),
        dilation: () => lengths(r, axes, 1, 2),
        bias: () => r.chance(0.5),
      },
      0.4,
    );
    return {
      args: [inner, outer, lengths(r, axes, 1, 3)],
      options: { ...options, groups },
      inputs: [spatial(r, axes, inner)],
    };
  };

const pool =
  (axes: number, kind: 'max' | 'average' | 'lp'): Draw =>
  (r) => {
    const options = {
      ...r.some({ stride: () => lengths(r, axes, 1, 3), ceilMode: () => r.chance(0.7) }),
      ...(kind === 'lp' ? {} : r.some({ padding: () => lengths(r, axes, 0, 1) })),
      // With both PyTorch 1.13's MaxPool3d has windows with nothing in them, and writes outside its memory.
      ...(kind === 'max' && axes < 3 && r.some({ dilation: () => lengths(r, axes, 1, 2) }, 0.3)),
      ...(kind === 'average' && r.some({ countIncludePad: () => r.chance(0.3) })),
      ...(kind === 'average' && axes > 1 && r.some({ divisorOverride: () => r.whole(1, 5) }, 0.2)),
    };
    const kernel = lengths(r, axes, 1, 3);
    const x = spatial(r, axes, r.whole(1, 3));
    if (kind !== 'lp') return { args: [kernel], options, inputs: [x] };
    // Of numbers below 0 PyTorch takes powers with their sign, which is no norm.
    const data = x.data.map((value) => (typeof value === 'number' ? Math.abs(value) : value));
    return { args: [r.pick([1, 2, 3, 1.5]), kernel], options, inputs: [{ ...x, data }] };
  };

const adaptive =
  (axes: number): Draw =>
  (r) => {
    const size = (): number | null => (r.chance(0.15) ? null : r.whole(1, 5));
    return {
      args: [axes === 1 ? r.whole(1, 5) : r.chance(0.4) ? r.whole(1, 5) : r.list(axes, size)],
      inputs: [spatial(r, axes, r.whole(1, 2))],
    };
  };

const pools: Readonly<Record<string, Draw>> = {
  MaxPool1d: pool(1, 'max'),
  MaxPool2d: pool(2, 'max'),
  MaxPool3d: pool(3, 'max'),
  AvgPool1d: pool(1, 'average'),
  AvgPool2d: pool(2, 'average'),
  AvgPool3d: pool(3, 'average'),
  LPPool1d: pool(1, 'lp'),
  LPPool2d: pool(2, 'lp'),
  AdaptiveAvgPool1d: adaptive(1),
  AdaptiveAvgPool2d: adaptive(2),
  AdaptiveMaxPool1d: adaptive(1),
  AdaptiveMaxPool2d: adaptive(2),
};

const pad =
  (axes: number, hasValue: boolean, most = 2, least = -1): Draw =>
  (r) => {
    const from = r.chance(0.1) ? least : 0;
    const padding = r.chance(0.3) ? r.whole(from, most) : r.list(axes * 2, () => r.whole(from, most));
    return {
      args: hasValue ? [padding, r.pick([0, 1, -2.5])] : [padding],
      inputs: [spatial(r, axes, r.whole(1, 2))],
    };
  };
const pads: Record<string, Draw> = {
  ConstantPad1d: pad(1, true),
  ConstantPad2d: pad(2, true),
  ConstantPad3d: pad(3, true),
  ZeroPad2d: pad(2, false),
};
for (const axes of [1, 2, 3]) {
  pads[`ReflectionPad${axes}d`] = pad(axes, false, 2, 0);
  pads[`ReplicationPad${axes}d`] = pad(axes, false, 2, 0);
}

const batchNorm =
  (axes: number): Draw =>
  (r) => {
    const channels = r.whole(1, 3);
    const options = r.some(
      {
        eps: () => r.pick([1e-3, 0.1]),
        momentum: () => r.pick([null, 0, 0.5, 1]),
        affine: () => r.chance(0.3),
        trackRunningStats: () => r.chance(0.3),
      },
      0.4,
    );
    const isFlat = axes === 1 && r.chance(0.4);
    return {
      args: [channels],
      options,
      inputs: [isFlat ? real(r, [r.whole(1, 4), channels]) : spatial(r, axes, channels, r.chance(0.05))],
    };
  };
const instanceNorm =
  (axes: number): Draw =>
  (r) => {
    const channels = r.whole(1, 3);
    const options = r.some(
      {
        eps: () => r.pick([1e-3, 0.1]),
        momentum: () => r.pick([0, 0.5, 1]),
        affine: () => r.chance(0.7),
        trackRunningStats: () => r.chance(0.7),
      },
      0.4,
    );
    return { args: [channels], options, inputs: [spatial(r, axes, channels)] };
  };

const norms: Readonly<Record<string, Draw>> = {
  BatchNorm1d: batchNorm(1),
  BatchNorm2d: batchNorm(2),
  BatchNorm3d: batchNorm(3),
  InstanceNorm1d: instanceNorm(1),
  InstanceNorm2d: instanceNorm(2),
  InstanceNorm3d: instanceNorm(3),
  LayerNorm: (r) => {
    const shape = anyShape(r, 1);
    const last = shape.slice(r.whole(0, shape.length - 1));
    const options = r.some({ eps: () => r.pick([1e-3, 0.1]), elementwiseAffine: () => r.chance(0.5) });
    return { args: [last.length === 1 && r.chance(0.5) ? last[0] : last], options, inputs: [real(r, shape)] };
  },
  GroupNorm: (r) => {
    const groups = r.whole(1, 3);
    const channels = groups * r.whole(1, 3);
    const options = r.some({ eps: () => r.pick([1e-3, 0.1]), affine: () => r.chance(0.5) });
    const shape = [r.whole(1, 3), channels, ...r.list(r.whole(0, 3), () => r.whole(1, 3))];
    return { args: [groups, channels], options, inputs: [real(r, shape)] };
  },
  LocalResponseNorm: (r) => ({
    args: [r.whole(1, 4)],
    options: r.some({
      alpha: () => r.number(0.0001, 1),
      beta: () => r.pick([0.5, 0.75, 1]),
      k: () => r.pick([0.5, 1]),
    }),
    inputs: [real(r, [r.whole(1, 3), r.whole(1, 5), ...r.list(r.whole(1, 3), () => r.whole(1, 3))])],
  }),
};

const others: Readonly<Record<string, Draw>> = {
  Linear: (r) => {
    const inner = r.whole(1, 4);
    const shape = [...r.list(r.whole(0, 3), () => r.whole(1, 3)), r.chance(0.97) ? inner : inner + 1];
    return { args: [inner, r.whole(1, 4)], options: r.some({ bias: () => r.chance(0.5) }), inputs: [real(r, shape)] };
  },
  Bilinear: (r) => {
    const [a, b] = [r.whole(1, 3), r.whole(1, 3)];
    const front = r.list(r.whole(0, 2), () => r.whole(1, 3));
    return {
      args: [a, b, r.whole(1, 3)],
      options: r.some({ bias: () => r.chance(0.5) }),
      inputs: [real(r, [...front, a]), real(r, [...front, b])],
    };
  },
  Flatten: (r) => {
    const shape = anyShape(r, 1);
    const options = r.some({ start: () => r.whole(0, 2), end: () => r.whole(-2, 3) });
    return { args: [], options, inputs: [real(r, shape)] };
  },
  Unflatten: (r) => {
    const shape = anyShape(r, 1);
    const axis = r.whole(0, shape.length - 1);
    const sizes = r.pick([
      [1, shape[axis]!],
      [shape[axis]!, 1, 1],
      [-1, 1],
      [2, -1],
    ]);
    return { args: [r.chance(0.3) ? axis - shape.length : axis, sizes], inputs: [real(r, shape)] };
  },
  Identity: plain,
  PixelShuffle: (r) => {
    const factor = r.whole(1, 3);
    const shape = [...r.list(r.whole(0, 2), () => r.whole(1, 2)), r.whole(1, 2) * factor ** 2, r.whole(1, 3), 2];
    return { args: [factor], inputs: [real(r, shape)] };
  },
  PixelUnshuffle: (r) => {
    const factor = r.whole(1, 3);
    const places = [r.whole(1, 2) * factor, r.whole(1, 2) * factor + (r.chance(0.05) ? 1 : 0)];
    return { args: [factor], inputs: [real(r, [...r.list(r.whole(1, 2), () => r.whole(1, 2)), ...places])] };
  },
  ChannelShuffle: (r) => {
    const groups = r.whole(1, 3);
    const shape = [r.whole(1, 2), groups * r.whole(1, 3), r.whole(1, 3), r.whole(1, 3)];
    return { args: [groups], inputs: [real(r, shape)] };
  },
  Upsample: (r) => {
    const axes = r.whole(1, 3);
    const mode = r.chance(0.5) ? 'nearest' : ['linear', 'bilinear', 'trilinear'][axes - 1]!;
    const size = r.chance(0.5)
      ? { size: lengths(r, axes, 1, 6) }
      : { scaleFactor: r.chance(0.5) ? r.pick([1, 2, 3]) : r.pick([0.5, 1.5, 2.5, 1.3]) };
    const options = { ...size, mode, ...(mode !== 'nearest' && r.some({ alignCorners: () => r.chance(0.7) })) };
    return { args: [], options, inputs: [spatial(r, axes, r.whole(1, 2), false)] };
  },
  Embedding: (r) => {
    const [count, size] = [r.whole(1, 5), r.whole(1, 3)];
    const options = r.some(
      {
        paddingIndex: () => r.whole(-count, count - 1),
        maxNorm: () => r.pick([0.5, 1]),
        normType: () => r.pick([1, 2, 3]),
        scaleGradByFreq: () => r.chance(0.5),
      },
      0.3,
    );
    const indices = wholes(
      r,
      r.list(r.whole(0, 3), () => r.whole(1, 3)),
      0,
      r.chance(0.97) ? count - 1 : count,
    );
    return { args: [count, size], options, inputs: [indices] };
  },
  EmbeddingBag: (r) => {
    const [count, size] = [r.whole(1, 5), r.whole(1, 3)];
    const mode = r.pick(['sum', 'mean', 'max']);
    const options = {
      mode,
      ...r.some({ paddingIndex: () => r.whole(-count, count - 1), maxNorm: () => r.pick([0.5, 1]) }, 0.3),
    };
    if (r.chance(0.5)) {
      const indices = wholes(r, [r.whole(1, 3), r.whole(1, 4)], 0, count - 1);
      return { args: [count, size], options, inputs: [indices] };
    }
    const indices = wholes(r, [r.whole(1, 6)], 0, count - 1);
    const offsets = [0, ...r.list(r.whole(0, 3), () => r.whole(0, indices.shape[0]!))].sort((a, b) => a - b);
    return { args: [count, size], options, inputs: [indices, offsets] };
  },
};

export const draws: Readonly<Record<string, Draw>> = {
  ...activations,
  Conv1d: convolution(1),
  Conv2d: convolution(2),
  Conv3d: convolution(3),
  ConvTranspose1d: transposed(1),
  ConvTranspose2d: transposed(2),
  ...pools,
  ...pads,
  ...norms,
  ...others,
};
