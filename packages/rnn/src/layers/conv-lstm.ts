// ConvLSTM: long short-term memory whose inputs and states are images.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  conv2d,
  type Known,
  type Pair,
  type Shape,
  ShapeError,
  shown,
  split,
  type Tensor,
  toPair,
  unbind,
  zeros,
} from '@dl/autograd';
import { Cell, type CellOptions, cellOptions } from '../core/cell.js';
import type { Kind } from '../core/kind.js';
import { Stacked, type StackOptions, stackOptions } from '../core/stacked.js';
import { overSteps } from '../core/steps.js';

/** What a {@link ConvLSTM} remembers. */
export type ConvLSTMState = {
  /** [layers · directions, batch, hiddenChannels, height, width]; of a cell [batch, hiddenChannels, height, width]. */
  readonly h: Tensor;
  /** The cells, of the same shape. */
  readonly c: Tensor;
};

/** The weights of a layer of a {@link ConvLSTM}. */
export interface ConvLSTMWeights {
  readonly weightIh: Tensor;
  readonly weightHh: Tensor;
  readonly bias?: Tensor;
  readonly peepholes?: Tensor;
}

interface ConvForm {
  /** The height and width of images, for a peephole for each of their places. Default: no peepholes, and images of any size. */
  readonly peepholes?: readonly [height: number, width: number];
}

/** Options of {@link ConvLSTM}. */
export interface ConvLSTMOptions extends StackOptions, ConvForm {}

/** Options of {@link ConvLSTMCell}. */
export interface ConvLSTMCellOptions extends CellOptions, ConvForm {}

const convForm: Known<ConvForm> = { peepholes: 'list' };
const convOptions: Known<ConvLSTMOptions> = { ...stackOptions, ...convForm };
const convCellOptions: Known<ConvLSTMCellOptions> = { ...cellOptions, ...convForm };

function convKind(
  name: string,
  channels: number,
  kernelSize: Pair,
  { peepholes }: ConvForm,
): Kind<ConvLSTMState, ConvLSTMWeights> {
  checkInteger(name, 'hiddenChannels', channels, 1);
  const filter = toPair(name, 'kernelSize', kernelSize, 1);
  if (filter.some((length) => length % 2 === 0)) {
    throw new ArgumentError(
      `${name}: kernelSize is ${shown(kernelSize)}, needs odd numbers, so that a state has the size of the image before it`,
    );
  }
  if (peepholes !== undefined && peepholes.length !== 2) {
    throw new ArgumentError(`${name}: peepholes is ${shown(peepholes)}, needs [height, width] of the images`);
  }
  const image = peepholes?.map((length) => checkInteger(name, 'peepholes', length, 1));
  const weight = (from: number): { readonly shape: Shape } => ({ shape: [4 * channels, from, ...filter] });
  return {
    name: 'ConvLSTM',
    hiddenSize: channels,
    size: channels,
    fanIn: channels * filter[0]! * filter[1]!,
    axes: ['channels', 'height', 'width'],
    weights: (inChannels, bias) => ({
      weightIh: weight(inChannels),
      weightHh: weight(channels),
      ...(bias && { bias: { shape: [4 * channels] } }),
      ...(image && { peepholes: { shape: [3, channels, ...image] } }),
    }),
    states: ([, ...places]) => ({ h: [channels, ...places], c: [channels, ...places] }),
    check: (who, [, ...places]) => {
      if (image === undefined || `${places}` === `${image}`) return;
      throw new ShapeError(
        `${who}: images are ${places.join('x')}, and peepholes were made for ${image.join('x')}; they have a weight for each place`,
      );
    },
    run: (x, w, { h, c }, run) => {
      const [batch, time, ...step] = x.shape as readonly [number, number, ...Shape];
      const images = x.reshape([batch * time, ...step]);
      const sums = conv2d(images, w.weightIh, { padding: 'same', ...(w.bias && { bias: w.bias }) });
      const gates = sums.reshape([batch, time, ...sums.shape.slice(1)]); // [batch, time, 4 · channels, height, width]
      const first = (): Tensor => zeros([batch, channels, ...step.slice(1)], { dtype: x.dtype, backend: x.backend });
      const [pi, pf, po] = w.peepholes === undefined ? [] : unbind(w.peepholes);
      const seen = (z: Tensor, p: Tensor | undefined, cell: Tensor): Tensor =>
        p === undefined ? z : z.add(p.mul(cell));
      return overSteps<ConvLSTMState>(gates, { h: h ?? first(), c: c ?? first() }, run, (fromInput, former) => {
        const all = fromInput.add(conv2d(former.h, w.weightHh, { padding: 'same' }));
        const [i, f, g, o] = split(all, channels, 1) as [Tensor, Tensor, Tensor, Tensor];
        const kept = seen(f, pf, former.c).sigmoid().mul(former.c);
        const cell = kept.add(seen(i, pi, former.c).sigmoid().mul(g.tanh()));
        return { h: seen(o, po, cell).sigmoid().mul(cell.tanh()), c: cell };
      });
    },
    shown: { kernelSize: [filter, undefined], peepholes: [peepholes, undefined] },
  };
}

/**
 * Long short-term memory for sequences of images, with convolutions (∗, zeros around the image) in place of products: [i f g o] = W_ih ∗ x(t) + W_hh ∗ h(t-1) + b,
 * c(t) = σ(f) ⊙ c(t-1) + σ(i) ⊙ tanh(g) and h(t) = σ(o) ⊙ tanh(c(t)), over [batch, time, inChannels, height, width] (Shi et al., "Convolutional LSTM network", 2015).
 * `output` [batch, time, directions · hiddenChannels, height, width] has h of the last layer at each step, `state` h and c of all layers at the end. With
 * `peepholes: [height, width]`, as in the paper, p_i ⊙ c(t-1) is added to i, p_f ⊙ c(t-1) to f and p_o ⊙ c(t) to o, with a weight for each place: images have that size
 * then. Weights `weight_ih_l0` [4 · hiddenChannels, inChannels, ...kernelSize] and the others have the rows i, f, g, o, and start uniform on ±1/√fanIn with
 * fanIn = hiddenChannels · the area of the filter.
 *
 * @throws ShapeError when the input is no batch of sequences of images, or the state or lengths do not fit it.
 * @throws ArgumentError for an even kernelSize.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ConvLSTM } from '@dl/rnn';
 * await useBackend(cpu());
 * const network = new ConvLSTM(1, 4, 3, { numLayers: 2 });
 * const { output, state } = network.forward(randn([2, 5, 1, 8, 8])); // five frames
 * console.log(output.shape, state.c.shape); // [2, 5, 4, 8, 8] [2, 2, 4, 8, 8]
 * ```
 */
export class ConvLSTM extends Stacked<ConvLSTMState, ConvLSTMWeights> {
  constructor(inChannels: number, hiddenChannels: number, kernelSize: Pair, options: ConvLSTMOptions = {}) {
    checkCall('ConvLSTM', arguments, ['inChannels', 'hiddenChannels', 'kernelSize'], convOptions);
    const { peepholes, ...rest } = options;
    super(inChannels, convKind('ConvLSTM', hiddenChannels, kernelSize, peepholes ? { peepholes } : {}), rest);
  }
}

/**
 * One step of {@link ConvLSTM}: x [batch, inChannels, height, width] and a state { h, c }, each [batch, hiddenChannels, height, width], give the next state. Without a
 * state it begins with zeros; `initialState(batch, [inChannels, height, width])` makes them.
 *
 * @throws ShapeError when the input is no batch of images, or the state does not fit it.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ConvLSTMCell } from '@dl/rnn';
 * await useBackend(cpu());
 * const cell = new ConvLSTMCell(1, 4, 3, { peepholes: [8, 8] });
 * console.log(cell.forward(randn([2, 1, 8, 8])).h.shape); // [2, 4, 8, 8]
 * ```
 */
export class ConvLSTMCell extends Cell<ConvLSTMState, ConvLSTMWeights> {
  constructor(inChannels: number, hiddenChannels: number, kernelSize: Pair, options: ConvLSTMCellOptions = {}) {
    checkCall('ConvLSTMCell', arguments, ['inChannels', 'hiddenChannels', 'kernelSize'], convCellOptions);
    const { peepholes, ...rest } = options;
    super(inChannels, convKind('ConvLSTMCell', hiddenChannels, kernelSize, peepholes ? { peepholes } : {}), rest);
  }
}
