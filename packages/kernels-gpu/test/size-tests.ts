// Sizes at which devices fail first: below, at and just over what a texel, a row or a loop holds. For any backend, in Node and in a browser.

import {
  arange,
  avgPool2d,
  type Backend,
  conv2d,
  crossEntropy,
  gradients,
  layerNorm,
  matmul,
  maxPool2d,
  randn,
  scope,
  type Tensor,
  tensor,
  useBackend,
  withBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { expect, test } from 'vitest';

const sizes = [1, 3, 4, 5, 1023, 1025] as const;

const reference = cpu({ engine: 'typescript' });

/** Starts both; nothing runs elsewhere unless `fallback` allows it. */
async function start(backend: Backend, fallback: boolean): Promise<void> {
  await useBackend(reference);
  await useBackend(fallback ? [backend, reference] : backend, { strict: !fallback });
}

/** @param fallback whether the backend lacks kernels, for which the CPU is the fallback backend. Default false. */
export function sizeTests(backend: Backend, { fallback = false } = {}): void {
  test.each(sizes)('%i elements: moved, mapped, multiplied and summed', async (n) => {
    await start(backend, fallback);
    using _ = scope();
    const host = randn([n], { backend: reference });
    const x = tensor({ data: host.dataSync(), shape: [n] });
    assertAllClose(x, host);
    assertAllClose(
      x
        .mul(x)
        .add(1)
        .slice([[null, null, -1]]),
      host
        .mul(host)
        .add(1)
        .slice([[null, null, -1]]),
      { rtol: 1e-6 },
    );
    assertAllClose(x.square().sum(), host.square().sum(), { rtol: 1e-6 });
    assertAllClose(x.max(), host.max());
    expect(x.argmax().item()).toBe(host.argmax().item());
    assertAllClose(x.softmax(), host.softmax(), { rtol: 1e-5 });
    assertAllClose(
      matmul(x.reshape([n, 1]), x.reshape([1, n])).sum(0),
      matmul(host.reshape([n, 1]), host.reshape([1, n])).sum(0),
      {
        rtol: 1e-5,
        atol: 1e-4,
      },
    );
  });

  test.each(sizes)('%i elements: gradients of losses, convolutions and pools', async (n) => {
    await start(backend, fallback);
    using _ = scope();
    const logits = randn([3, n], { backend: reference });
    const image = randn([2, 2, 3, n], { backend: reference });
    const filters = randn([3, 2, 3, 3], { backend: reference });
    const run = (on: Backend): Tensor[] =>
      withBackend(on, () => {
        const [x, images, weight] = [logits, image, filters].map((leaf) => {
          const copy = leaf.to(on).clone().detach();
          copy.requiresGrad = true;
          return copy;
        }) as [Tensor, Tensor, Tensor];
        const loss = crossEntropy(layerNorm(x, n), tensor([0, n - 1, n >> 1], { dtype: 'int32' }));
        const y = conv2d(images, weight, { padding: 1 });
        const pooled = maxPool2d(y, 3, { stride: 1, padding: 1 }).add(
          avgPool2d(y.tanh(), 3, { stride: 1, padding: 1 }),
        );
        const total = loss.add(pooled.square().mean());
        return [loss, y, pooled, ...(gradients(total, [x, images, weight]) as Tensor[])];
      });
    const expected = run(reference);
    for (const [i, got] of run(backend).entries()) assertAllClose(got, expected[i]!, { rtol: 1e-4, atol: 1e-5 });
  });

  test('products over an inner axis of 1,500, in all transposes', async () => {
    await start(backend, fallback);
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        using _ = scope();
        const a = randn(transposeA ? [1500, 5] : [5, 1500], { backend: reference });
        const b = randn(transposeB ? [7, 1500] : [1500, 7], { backend: reference });
        const expected = withBackend(reference, () => matmul(a, b, { transposeA, transposeB }));
        assertAllClose(matmul(a.to(backend), b.to(backend), { transposeA, transposeB }), expected, {
          rtol: 1e-5,
          atol: 1e-4,
        });
      }
    }
  });
}

export function largeTest(backend: Backend): void {
  test('places beyond 2^24 elements', async () => {
    await start(backend, false);
    using _ = scope();
    const n = 2 ** 24 + 9;
    const values = new Float32Array(n);
    for (let i = 0; i < n; i++) values[i] = i % 1021;
    const x = tensor({ data: values, shape: [n] });
    const expected = Array.from(values.subarray(n - 6)).toReversed();
    expect(
      x
        .neg()
        .neg()
        .slice([[-1, -7, -1]])
        .toArray(),
    ).toEqual(expected);
    const places = arange(n - 1, { dtype: 'float32' }).slice([[0, 2]]);
    expect(places.toArray()).toEqual([0, 1]);
    expect(
      x
        .reshape([n, 1])
        .indexSelect(1, tensor([0], { dtype: 'int32' }))
        .slice([[n - 1, n]])
        .toArray(),
    ).toEqual([[values[n - 1]]]);
  });
}
