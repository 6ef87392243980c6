// word2vecUpdate: steps of gradient descent for two tables of vectors, one after the other, each on the few rows that an example names.

import type { Known } from '../arguments/check-call.js';
import { shown } from '../arguments/shown.js';
import { defineOp, required, type Spec } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { filledTensor, tensorFrom } from '../tensor/allocate.js';
import { formatShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { softplus } from './activations.js';
import { mul, sub } from './arithmetic.js';
import { needDType, needFloat, needRank, needSameDType } from './checks.js';
import { sigmoid } from './elementwise.js';
import { indexAdd, indexSelect, underName } from './indexing.js';
import { repeat, stack } from './join.js';
import { matmul } from './matmul.js';
import { mean, sum } from './reduce.js';
import { reshape } from './reshape.js';

/**
 * Steps of stochastic gradient descent for the two tables of word2vec, in place, one example after the other. An example b has the mean h of the rows of
 * `input` [words, features] that `bags` [batch, width] names, and tells rows of `output` [others, features] that belong to it from such that do not, by logistic regression: `targets`
 * [batch, count] names them, and `labels` [batch, count] has 1 or 0 for each.
 *
 *     sₜ = h · output[targets[b, t]],  loss[b] = Σₜ log(1 + e^sₜ) - labels[b, t] sₜ,  gₜ = σ(sₜ) - labels[b, t]
 *     output[targets[b, t]] ← output[targets[b, t]] - lr gₜ h
 *     input[bags[b, i]] ← input[bags[b, i]] - lr / (how many i) · Σₜ gₜ output[targets[b, t]]
 *
 * with the rows on the right as they were before the example, and as those before it left them. Negative numbers in `bags` and `targets` name no row; the mean of none is 0. Returns the losses [batch].
 *
 * These are skip-gram (bags of one word) and the continuous bag of words, with negative sampling (rows are words, the first belongs there) or hierarchical softmax (rows are inner nodes of a tree): Mikolov et al.,
 * "Distributed Representations of Words and Phrases and their Compositionality", 2013, and the program word2vec.
 * A step costs what its rows cost, for tables of any length.
 *
 * @throws IndexError for a number that is no row, before anything changes; ShapeError and DTypeError for tables, numbers and labels that do not fit each other.
 *
 * @example
 * ```ts
 * import { ones, tensor, useBackend, word2vecUpdate, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const [input, output] = [ones([5, 2]), zeros([5, 2])];
 * // Near word 3 stood word 1; words 4 and 2 were drawn.
 * const [bags, targets] = [tensor([[3]], { dtype: 'int32' }), tensor([[1, 4, 2]], { dtype: 'int32' })];
 * const losses = word2vecUpdate(input, output, bags, targets, tensor([[1, 0, 0]]), { lr: 0.5 });
 * console.log(losses.item(), output.slice([[1, 2]]).toArray()); // 3 log 2, and [[0.25, 0.25]]
 * ```
 */
export const word2vecUpdate = /* @__PURE__ */ defineOp({
  name: 'word2vecUpdate',
  inputs: ['input', 'output', 'bags', 'targets', 'labels'],
  outputs: ['loss'],
  attrs: { lr: required<number>() },
  mutates: ['input', 'output'],
  grad: 'nondifferentiable',
  infer: ({ input, output, bags, targets, labels }, { lr }) => {
    if (!Number.isFinite(lr)) throw new ArgumentError(`word2vecUpdate: lr is ${shown(lr)}, needs a number`);
    needTables(input, output);
    for (const [name, numbers, layout] of [
      ['bags', bags, '[batch, width]'],
      ['targets', targets, '[batch, count]'],
    ] as const) {
      needDType('word2vecUpdate', name, numbers, 'int32');
      needRank('word2vecUpdate', name, numbers, 2, layout);
    }
    needSameDType('word2vecUpdate', 'labels', labels, 'input', input);
    if (bags.shape[0] !== targets.shape[0] || `${labels.shape}` !== `${targets.shape}`) {
      throw new ShapeError(
        `word2vecUpdate: bags are ${formatShape(bags.shape)}, targets ${formatShape(targets.shape)} and labels ${formatShape(labels.shape)}; needs a bag for each row of targets, and a label for each target`,
      );
    }
    return { shape: [targets.shape[0]!], dtype: input.dtype };
  },
  compose: ({ input, output, bags, targets, labels }, { lr }) => {
    const [batch, width] = bags.shape as readonly [number, number];
    const count = targets.shape[1]!;
    const [allWords, allOthers] = [bags.dataSync(), targets.dataSync()];
    const { backend } = input;
    const int32 = (numbers: readonly number[]): Tensor =>
      tensorFrom(backend, Int32Array.from(numbers), [numbers.length], 'int32', 'word2vecUpdate');
    const allLabels = reshape(labels, [batch * count, 1]);
    const nothing = (): Tensor => filledTensor(backend, 0, [1, input.shape[1]!], input.dtype, 'word2vecUpdate');
    const losses: Tensor[] = [];
    let [from, to] = [input, output];
    for (let b = 0; b < batch; b++) {
      const words = [...allWords.subarray(b * width, (b + 1) * width)].filter((word) => word >= 0);
      const places = Array.from({ length: count }, (_, t) => b * count + t).filter((at) => allOthers[at]! >= 0);
      if (places.length === 0) {
        losses.push(filledTensor(backend, 0, [], input.dtype, 'word2vecUpdate'));
        continue;
      }
      const [named, others] = [int32(words), int32(places.map((at) => allOthers[at]!))];
      const step = (): void => {
        const rows = indexSelect(to, 0, others);
        const h = words.length === 0 ? nothing() : mean(indexSelect(from, 0, named), 0, { keepDims: true });
        const s = matmul(rows, h, { transposeB: true }); // [targets, 1]
        const label = indexSelect(allLabels, 0, int32(places));
        losses.push(sum(sub(softplus(s), mul(label, s))));
        const g = mul(sub(sigmoid(s), label), -lr);
        to = indexAdd(to, 0, others, matmul(g, h));
        if (words.length === 0) return;
        const change = mul(matmul(g, rows, { transposeA: true }), 1 / words.length);
        from = indexAdd(from, 0, named, repeat(change, [words.length, 1]));
      };
      underName('word2vecUpdate', 'indexSelect', step);
    }
    const loss = batch === 0 ? filledTensor(backend, 0, [0], input.dtype, 'word2vecUpdate') : stack(losses);
    return { loss, input: from, output: to };
  },
  takes: {
    parameters: ['input', 'output', 'bags', 'targets', 'labels'],
    options: { lr: 'number' } satisfies Known<Word2vecUpdateOptions>,
  },
  call:
    (run) =>
    (
      input: Tensor,
      output: Tensor,
      bags: Tensor,
      targets: Tensor,
      labels: Tensor,
      options: Word2vecUpdateOptions,
    ): Tensor =>
      run({ input, output, bags, targets, labels }, { ...word2vecUpdate.defaults, ...options }),
});

/** How far to go; see {@link word2vecUpdate}. */
export interface Word2vecUpdateOptions {
  /** The learning rate. */
  readonly lr: number;
}

function needTables(input: Spec, output: Spec): void {
  needFloat('word2vecUpdate', 'input', input);
  needSameDType('word2vecUpdate', 'input', input, 'output', output);
  needRank('word2vecUpdate', 'input', input, 2, '[words, features]');
  needRank('word2vecUpdate', 'output', output, 2, '[others, features]');
  if (input.shape[1] === output.shape[1]) return;
  throw new ShapeError(
    `word2vecUpdate: input is ${formatShape(input.shape)} and output ${formatShape(output.shape)}; needs as many features in both`,
  );
}

export const word2vecSamples = (): readonly OpSamples[] => {
  const int32 = (values: readonly (readonly number[])[]) => ({ values, dtype: 'int32' }) as const;
  return [
    samples(
      word2vecUpdate,
      [
        // Skip-gram with negative samples: later examples see what earlier ones changed, and a word may be drawn twice.
        {
          inputs: {
            input: { shape: [5, 7] },
            output: { shape: [6, 7] },
            bags: int32([[3], [0], [3]]),
            targets: int32([
              [1, 4, 2],
              [5, 1, 1],
              [4, 0, 3],
            ]),
            labels: [
              [1, 0, 0],
              [1, 0, 0],
              [1, 0, 0],
            ],
          },
          attrs: { lr: 0.5 },
        },
        // Bags with gaps, a word twice and none at all; paths of several lengths.
        {
          inputs: {
            input: { shape: [4, 21] },
            output: { shape: [3, 21] },
            bags: int32([
              [2, -1, 0],
              [1, 1, 3],
              [-1, -1, -1],
              [2, 3, -1],
            ]),
            targets: int32([
              [0, 1, 2, -1, -1],
              [2, -1, -1, -1, -1],
              [0, 2, -1, 1, -1],
              [-1, -1, -1, -1, -1],
            ]),
            labels: [
              [1, 0, 1, 0, 0],
              [0, 1, 1, 1, 1],
              [0, 1, 1, 1, 0],
              [1, 1, 0, 0, 1],
            ],
          },
          attrs: { lr: 0.25 },
        },
      ],
      { tolerance: 1e-5, relativeTo: 'largest' },
    ),
  ];
};
