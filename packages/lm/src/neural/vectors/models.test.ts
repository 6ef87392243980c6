// Skip-gram and CBOW beside PyTorch: golden/word-vectors.py has the formulas of the papers.

import { readFileSync } from 'node:fs';
import { Generator, type NestedArray, noGrad, type Tensor, tensor, useBackend, word2vecUpdate } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Adagrad, Adam, SGD, SparseAdam } from '@dl/optim';
import { assertAllClose, leakCheck } from '@dl/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { CBOW, HuffmanTree, SkipGram } from '../../neural.js';

interface Case {
  readonly model: 'skipGram' | 'cbow';
  readonly byTree: boolean;
  readonly input: number[][];
  readonly output: number[][];
  readonly loss: number;
  readonly losses: number[];
  readonly inputGradient: number[][];
  readonly outputGradient: number[][];
}
interface Golden {
  readonly counts: number[];
  readonly paths: { readonly nodes: number[]; readonly labels: number[] }[];
  readonly centers: number[];
  readonly contexts: number[];
  readonly around: number[][];
  readonly negatives: number[][];
  readonly cases: Case[];
}
const golden = JSON.parse(
  readFileSync(new URL('../../../golden/word-vectors.json', import.meta.url), 'utf8'),
) as Golden;
const { counts, centers, contexts, around, negatives } = golden;

const words = (values: NestedArray): Tensor => tensor(values, { dtype: 'int32' });

function made({ model, byTree, input, output }: Case, sparse = true): SkipGram | CBOW {
  const tree = byTree ? { tree: new HuffmanTree(counts) } : {};
  const made = new (model === 'cbow' ? CBOW : SkipGram)(counts.length, input[0]!.length, { ...tree, sparse });
  noGrad(() => {
    made.input.assign(tensor(input));
    made.output.assign(tensor(output));
  });
  return made;
}

function lossOf(model: SkipGram | CBOW, first = 0, end = centers.length): Tensor {
  const part = (values: readonly (number | number[])[]): Tensor => words(values.slice(first, end) as NestedArray);
  const drawn = model.tree === undefined ? { negatives: part(negatives) } : {};
  return model instanceof CBOW
    ? model.loss({ contexts: part(around), centers: part(centers), ...drawn })
    : model.loss({ centers: part(centers), contexts: part(contexts), ...drawn });
}

const nameOf = ({ model, byTree }: Case): string =>
  `${model} with ${byTree ? 'hierarchical softmax' : 'negative sampling'}`;
const cases = golden.cases.map((each) => [nameOf(each), each] as const);

describe.each(['wasm', 'typescript'] as const)('%s', (engine) => {
  beforeEach(async () => {
    await useBackend(cpu({ engine }));
  });

  test.each(cases)('%s: loss and gradients are those of PyTorch', (_, each) => {
    const model = made(each);
    const loss = lossOf(model);
    expect(loss.item()).toBeCloseTo(each.loss, 5);
    loss.backward();
    for (const [table, wanted] of [
      [model.input, each.inputGradient],
      [model.output, each.outputGradient],
    ] as const) {
      assertAllClose(table.rowGrad!.toDense(), tensor(wanted), { rtol: 1e-5, atol: 1e-5 });
    }
    const dense = made(each, false);
    lossOf(dense).backward();
    assertAllClose(dense.input.grad!, tensor(each.inputGradient), { rtol: 1e-5, atol: 1e-5 });
  });

  test.each(cases)('%s: word2vecUpdate is the loss and a step of SGD, example by example', (_, each) => {
    const [model, updated] = [made(each), made(each)];
    const optimizer = new SGD(model.parameters(), { lr: 0.5 });
    const losses: number[] = [];
    const [bags, targets, labels]: [number[][], number[][], number[][]] = [[], [], []];
    const longest = Math.max(...golden.paths.map(({ nodes }) => nodes.length));
    const filled = (list: readonly number[], length: number, by: number): number[] =>
      Array.from({ length }, (_, i) => list[i] ?? by);
    for (let b = 0; b < centers.length; b++) {
      const loss = lossOf(model, b, b + 1);
      losses.push(loss.item());
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      bags.push(each.model === 'cbow' ? around[b]! : [centers[b]!]);
      const word = (each.model === 'cbow' ? centers : contexts)[b]!;
      const { nodes, labels: sides } = golden.paths[word]!;
      targets.push(each.byTree ? filled(nodes, longest, -1) : [word, ...negatives[b]!]);
      labels.push(each.byTree ? filled(sides, longest, 0) : [1, 0, 0]);
    }
    const { input, output } = updated;
    const found = word2vecUpdate(input, output, words(bags), words(targets), tensor(labels), { lr: 0.5 });
    assertAllClose(found, tensor(losses), { rtol: 1e-5, atol: 1e-5 });
    // The first example is before any change: PyTorch's own.
    expect(losses[0]).toBeCloseTo(each.losses[0]!, 5);
    assertAllClose(updated.input, model.input, { rtol: 1e-5, atol: 1e-5 });
    assertAllClose(updated.output, model.output, { rtol: 1e-5, atol: 1e-5 });
  });
});

test('a Huffman tree is that of heapq', () => {
  const tree = new HuffmanTree(counts);
  const found = counts.map((_, word) => tree.path(word));
  expect(found.map(({ nodes, labels }) => ({ nodes: [...nodes], labels: [...labels] }))).toEqual(golden.paths);
});

describe('models', () => {
  beforeEach(() => useBackend(cpu()));
  const example = cases[0]![1];

  test('a step names the rows of its batch, in the input those of the centers alone', () => {
    const model = new SkipGram(200_000, 4);
    model
      .loss({
        centers: words([7, 199_999]),
        contexts: words([3, 7]),
        negatives: words([
          [5, 5],
          [9, 3],
        ]),
      })
      .backward();
    expect(model.input.rowGrad!.indices.toArray()).toEqual([7, 199_999]);
    expect(model.output.rowGrad!.indices.toArray()).toEqual([3, 5, 7, 9]);
  });

  test('SGD, Adagrad and SparseAdam train it, others say that they do not', () => {
    for (const make of [
      (model: SkipGram | CBOW) => new SGD(model.parameters(), { lr: 0.5 }),
      (model: SkipGram | CBOW) => new Adagrad(model.parameters(), { lr: 0.5 }),
      (model: SkipGram | CBOW) => new SparseAdam(model.parameters(), { lr: 0.1 }),
    ]) {
      const model = made(example);
      const optimizer = make(model);
      for (let i = 0; i < 20; i++) {
        lossOf(model).backward();
        optimizer.step();
        optimizer.zeroGrad();
      }
      expect(lossOf(model).item()).toBeLessThan(example.loss);
    }
    const model = made(example);
    lossOf(model).backward();
    expect(() => new Adam(model.parameters()).step()).toThrow(/SGD, Adagrad and SparseAdam can take it/);
  });

  test('forward gives the scores, with 0 for what was not drawn', () => {
    const model = made(example);
    const scores = model.forward({
      centers: words(centers),
      contexts: words(contexts),
      negatives: words(negatives),
    } as never);
    const [input, output] = [example.input, example.output];
    const wanted = centers.map((center, b) =>
      [contexts[b]!, ...negatives[b]!].map((other) =>
        other < 0 ? 0 : input[center]!.reduce((sum, x, i) => sum + x * output[other]![i]!, 0),
      ),
    );
    assertAllClose(scores, tensor(wanted), { rtol: 1e-6, atol: 1e-6 });
  });

  test('the input starts uniform in ±0.5 / size, the output as zeros', () => {
    const { input, output } = new SkipGram(100, 50, { generator: new Generator(1) });
    const values = [...input.dataSync()];
    expect(Math.max(...values)).toBeLessThan(0.01);
    expect(Math.min(...values)).toBeGreaterThan(-0.01);
    // The variance of a uniform number is a twelfth of its range, squared.
    expect(values.reduce((sum, x) => sum + x * x, 0) / values.length).toBeCloseTo(0.02 ** 2 / 12, 6);
    expect([...output.dataSync()].every((x) => x === 0)).toBe(true);
  });

  test.each(cases)('%s: memory is flat', (_, each) => {
    const model = made(each);
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    leakCheck(() => {
      lossOf(model).backward();
      optimizer.step();
      optimizer.zeroGrad();
    });
  });

  const skipGram = (): SkipGram => new SkipGram(4, 2);
  const tree = new HuffmanTree([4, 3, 2, 1]);
  const one = (): Tensor => words([1]);
  test.each([
    ['no words', () => new SkipGram(1, 2), 'SkipGram: vocabularySize is 1, needs a whole number of at least 2'],
    ['no numbers', () => new CBOW(4, 0), 'CBOW: size is 0, needs a whole number of at least 1'],
    ['a tree of others', () => new CBOW(5, 2, { tree }), 'CBOW: the tree has 4 words and vocabularySize is 5'],
    ['no tree', () => new CBOW(5, 2, { tree: {} as never }), 'CBOW: tree is an object of nothing, needs a HuffmanTree'],
    [
      'no negatives',
      () => skipGram().loss({ centers: one(), contexts: one() }),
      'SkipGram: there are no negatives, needs',
    ],
    [
      'negatives with a tree',
      () => new SkipGram(4, 2, { tree }).loss({ centers: one(), contexts: one(), negatives: words([[1]]) }),
      'SkipGram: there are negatives, but the model has a tree',
    ],
    [
      'batches of two sizes',
      () => skipGram().loss({ centers: one(), contexts: words([1, 2]), negatives: words([[1]]) }),
      'SkipGram: contexts are [2], needs [batch] with a batch of 1',
    ],
    [
      'floats',
      () => skipGram().loss({ centers: tensor([1]), contexts: one(), negatives: words([[1]]) }),
      'SkipGram: centers are float32, needs the numbers of words in int32',
    ],
    [
      'a word that there is not',
      () => skipGram().loss({ centers: words([4]), contexts: one(), negatives: words([[1]]) }),
      'embedding: index 4 at position 0 is out of range',
    ],
    [
      'a word that there is not, on a path',
      () => new SkipGram(4, 2, { tree }).loss({ centers: one(), contexts: words([4]) }),
      'HuffmanTree: word is 4, needs 0 to 3',
    ],
    [
      'nothing around',
      () => new CBOW(4, 2, { tree }).loss({ centers: one(), contexts: words([[-1, -1]]) }),
      'CBOW: example 0 has no words around',
    ],
    ['one word in a tree', () => new HuffmanTree([1]), 'HuffmanTree: counts has length 1, needs at least 2 words'],
    ['a negative count', () => new HuffmanTree([1, -1]), 'HuffmanTree: counts[1] is -1, needs a number of at least 0'],
  ])('bad input: %s', (_, run, message) => {
    expect(run).toThrow(message);
  });
});
