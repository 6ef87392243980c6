// LayerMix: what the layers of a model make of each token, as one vector.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  formatShape,
  ones,
  ShapeError,
  softmax,
  Tensor,
  unbind,
  zeros,
} from '@dl/autograd';
import {
  formatArguments,
  Module,
  needTensor,
  type ParameterOptions,
  parameter,
  parameterOptions,
  tidied,
} from '@dl/layers';

/**
 * A weighted sum of layers, whose weights are learned with the task: γ Σₖ softmax(s)ₖ hₖ (Peters et al., "Deep contextualized word representations", 2018,
 * section 3.2). `layers` are as many tensors of one shape as there are scores s, or one tensor with them along its first axis. All weigh the same at first, s = 0 and γ = 1.
 *
 * The paper adds λ Σ s² to the loss of some tasks, which keeps the mix near the mean: `weightDecay` does that, in a group of an optimiser that has the scores alone.
 *
 * @throws ShapeError for another number of layers, or layers of several shapes.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LayerMix } from '@dl/lm/neural';
 * await useBackend(cpu());
 * const mix = new LayerMix(3);
 * const layers = [randn([2, 5, 8]), randn([2, 5, 8]), randn([2, 5, 8])];
 * console.log(mix.forward(layers).shape); // [2, 5, 8]: the mean, before anything is learned
 * ```
 */
export class LayerMix extends Module<[layers: Tensor | readonly Tensor[]], Tensor> {
  readonly count: number;
  /** s, [count]. */
  readonly scores: Tensor;
  /** γ. */
  readonly scale: Tensor;

  constructor(count: number, options: ParameterOptions = {}) {
    checkCall('LayerMix', arguments, ['count'], parameterOptions);
    super();
    const { generator: _, ...made } = options;
    this.count = checkInteger('LayerMix', 'count', count, 1);
    this.scores = parameter(zeros([count], made));
    this.scale = parameter(ones([], made));
  }

  forward(layers: Tensor | readonly Tensor[]): Tensor {
    checkCall('LayerMix', arguments, ['layers']);
    return tidied(
      () => {
        const given = this.#checked(layers);
        const weights = unbind(softmax(this.scores, 0).mul(this.scale));
        return given.map((layer, k) => layer.mul(weights[k]!)).reduce((sum, each) => sum.add(each));
      },
      (mixed) => [mixed],
    );
  }

  #checked(layers: Tensor | readonly Tensor[]): readonly Tensor[] {
    if (layers instanceof Tensor) needTensor('LayerMix', layers, this.scores);
    else if (!Array.isArray(layers)) {
      throw new ArgumentError('LayerMix: layers are no tensors; needs a list of them, such as model.layers(tokens)');
    }
    const count = layers instanceof Tensor ? (layers.shape[0] ?? 0) : layers.length;
    if (count !== this.count) {
      throw new ShapeError(`LayerMix: got ${count} layers, and it mixes ${this.count}; needs a tensor for each`);
    }
    const given = layers instanceof Tensor ? unbind(layers) : layers;
    for (const each of given) {
      needTensor('LayerMix', each, this.scores);
      if (`${each.shape}` !== `${given[0]!.shape}`) {
        throw new ShapeError(
          `LayerMix: layers are ${formatShape(given[0]!.shape)} and ${formatShape(each.shape)}, needs one shape`,
        );
      }
    }
    return given;
  }

  /** A product for each number of each layer. */
  override multiplyAdds(_input: readonly number[], output: readonly number[]): number {
    return this.count * output.reduce((product, length) => product * length, 1);
  }

  override describe(): string {
    return formatArguments([this.count]);
  }
}
