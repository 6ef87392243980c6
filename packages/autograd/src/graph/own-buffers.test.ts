// No two tensors that a user can change in place share a buffer: gradients among them, by every op.

import { allSamples } from '@dl/autograd/samples';
import { cpu } from '@dl/kernels-cpu';
import { runSample, sampleTensors } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  checkpoint,
  customGrad,
  full,
  gradients,
  memory,
  noGrad,
  ones,
  scope,
  Tensor,
  tensor,
  useBackend,
} from '../index.js';

const backend = cpu();
beforeAll(async () => {
  await useBackend(backend);
});

const leaf = (data: number[]): Tensor => tensor(data, { requiresGrad: true });

/** Writes 1, 2, 3, … into the gradients in place; then each must hold its own number and nothing else have changed. */
function expectSeparate(gradients: readonly Tensor[], others: readonly Tensor[]): void {
  const before = others.map((other) => other.toArray());
  noGrad(() => {
    for (const [i, gradient] of gradients.entries())
      gradient.assign(full([...gradient.shape], i + 1, { dtype: gradient.dtype }));
  });
  for (const [i, gradient] of gradients.entries()) {
    for (const value of gradient.dataSync()) expect(value).toBe(i + 1);
  }
  expect(others.map((other) => other.toArray())).toEqual(before);
}

/** The sample's tensors, its float inputs as leaves, its outputs, and seeds to go back with. */
function prepare(
  op: ReturnType<typeof allSamples>[number]['op'],
  sample: ReturnType<typeof allSamples>[number]['cases'][number],
) {
  const inputs = sampleTensors(sample, 'float32', backend);
  const tensors = Object.values(inputs)
    .flat()
    .filter((value) => value instanceof Tensor) as Tensor[];
  const leaves = tensors.filter(({ dtype }) => dtype === 'float32');
  for (const each of leaves) each.requiresGrad = true;
  const outputs = Object.values(runSample(op, inputs, sample.attrs));
  const seeds = outputs.map((output) => ones([...output.shape], { dtype: output.dtype }));
  return { tensors, leaves, outputs, seeds };
}

describe.each(
  allSamples()
    .filter(({ op }) => op.declaration.grad !== 'nondifferentiable')
    .map(({ op, cases }) => ({ name: op.name, op, cases })),
)('gradients of $name', ({ op, cases }) => {
  test.each([false, true])('by backward, createGraph %s', (createGraph) => {
    for (const sample of cases) {
      using _ = scope();
      const { tensors, leaves, outputs, seeds } = prepare(op, sample);
      for (const [i, output] of outputs.entries()) {
        if (output.requiresGrad) output.backward({ gradient: seeds[i]!, createGraph, retainGraph: true });
      }
      expectSeparate(
        leaves.flatMap(({ grad }) => grad ?? []),
        [...tensors, ...outputs, ...seeds],
      );
    }
  });

  test.each([false, true])('by gradients(), createGraph %s', (createGraph) => {
    for (const sample of cases) {
      using _ = scope();
      const { tensors, leaves, outputs, seeds } = prepare(op, sample);
      const found = outputs.flatMap((output, i) =>
        output.requiresGrad
          ? gradients(output, leaves, { gradient: seeds[i]!, createGraph, retainGraph: true, allowUnused: true })
          : [],
      );
      expectSeparate(
        found.filter((each) => each !== undefined),
        [...tensors, ...outputs, ...seeds],
      );
    }
  });
});

describe('gradients', () => {
  test('of a leaf itself, of branches that meet, and of what was asked for twice', () => {
    const x = leaf([1, 2]);
    const seed = tensor([3, 4]);
    x.backward({ gradient: seed });
    expectSeparate([x.grad!], [seed, x]);
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    const sum = a.add(b);
    const all = gradients(sum.add(sum.reshape([2])), [a, b, sum, a], { gradient: seed });
    expectSeparate(all as Tensor[], [seed, a, b, sum]);
  });

  test('of checkpoint, and of a formula that returns a tensor of the user', () => {
    const [a, b, w] = [leaf([1, 2]), leaf([3, 4]), tensor([5, 6])];
    checkpoint((a, b) => a.add(b), a, b)
      .sum()
      .backward();
    expectSeparate([a.grad!, b.grad!], [a, b]);
    const [c, d] = [leaf([1, 2]), leaf([3, 4])];
    customGrad((x: Tensor, y: Tensor) => ({ value: x.add(y), gradient: () => [w, w] }))(c, d)
      .sum()
      .backward();
    expectSeparate([c.grad!, d.grad!], [w]);
  });
});

describe('grad = …', () => {
  test('frees the former gradient, and takes the new one into its own life', () => {
    const x = leaf([1, 2]);
    x.square().sum().backward();
    const [former, held] = [x.grad!, memory().buffers];
    x.grad = undefined;
    expect(former.isFreed).toBe(true);
    expect(memory().buffers).toBe(held - 1);
    expect(() => former.toArray()).toThrow(
      'use of a freed tensor (float32 [2]): grad was set anew, which frees the former gradient; keep a copy with clone()',
    );
    {
      using _ = scope();
      x.grad = tensor([7, 8]);
    }
    expect(x.grad.toArray()).toEqual([7, 8]);
    const same = x.grad;
    x.grad = same;
    expect(same.isFreed).toBe(false);
    // As PyTorch's users write it, without types.
    (x as { grad: unknown }).grad = null;
    expect(x.grad).toBeUndefined();
  });

  test('leaves a gradient that can itself be differentiated to whoever holds it', () => {
    const x = leaf([2]);
    x.pow(3).backward({ createGraph: true });
    const first = x.grad!;
    x.grad = undefined;
    first.backward();
    expect(x.grad!.toArray()).toEqual([12]);
  });

  test('refuses what is no gradient of this tensor', () => {
    const x = leaf([1, 2]);
    expect(() => {
      x.grad = tensor([1, 2, 3]);
    }).toThrow('grad: the gradient is float32 [3], needs to be as the tensor, float32 [2]');
    expect(() => {
      x.grad = tensor([1, 2], { dtype: 'float64' });
    }).toThrow('grad: the gradient is float64 [2], needs to be as the tensor, float32 [2]');
    expect(() => {
      (x as { grad: unknown }).grad = 0;
    }).toThrow('grad: got 0; needs a Tensor, or undefined to free the gradient');
  });
});
