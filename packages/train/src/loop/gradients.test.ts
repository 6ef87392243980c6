// The step that is waited for between the gradients of a step and its update.

import { manualSeed, noGrad, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Flatten, Linear, Sequential } from '@dl/layers';
import { Adam, LBFGS, SGD } from '@dl/optim';
import { beforeAll, expect, test } from 'vitest';
import { batches, digits, makeModel, weights } from '../../test/setup.js';
import type { Batches, LabelledBatch } from '../core/batch.js';
import { fit } from './fit.js';

beforeAll(async () => {
  await useBackend(cpu({ threads: 1 }));
});

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Two processes in one: what one brings waits for what the other brings, and both get the mean. */
class Average {
  #waiting: { readonly gradients: Float32Array[]; readonly resolve: (mean: Float32Array[]) => void } | undefined;

  async of(gradients: Float32Array[]): Promise<Float32Array[]> {
    const other = this.#waiting;
    if (other === undefined) {
      return new Promise((resolve) => {
        this.#waiting = { gradients, resolve };
      });
    }
    this.#waiting = undefined;
    await tick();
    const mean = gradients.map((one, i) => one.map((value, k) => (value + other.gradients[i]![k]!) / 2));
    other.resolve(mean);
    return mean;
  }
}

const model = () => {
  manualSeed(7);
  return new Sequential(new Flatten(), new Linear(784, 10));
};

test('two replicas that average their gradients learn what one learns from both, clipped in the same way', async () => {
  const whole = loader(digits, { batchSize: 20 });
  const share = (rank: number): Batches<LabelledBatch> => ({
    async *[Symbol.asyncIterator]() {
      let i = 0;
      for await (const batch of loader(digits, { batchSize: 20 })) if (i++ % 2 === rank) yield batch;
    },
  });
  // Far below the norms of the gradients: clipped before the mean, they would come out otherwise.
  const options = { epochs: 2, clipGradNorm: 0.3, clipGradValue: 0.05 };
  const one = model();
  await fit(one, whole, {
    optimizer: new SGD(one.parameters(), { lr: 0.5, momentum: 0.9 }),
    accumulate: 2,
    ...options,
  });

  const average = new Average();
  const replicas = [model(), model()];
  await Promise.all(
    replicas.map((replica, rank) =>
      fit(replica, share(rank), {
        optimizer: new SGD(replica.parameters(), { lr: 0.5, momentum: 0.9 }),
        ...options,
        gradients: async (parameters) => {
          const mean = await average.of(parameters.map(({ grad }) => grad!.dataSync() as Float32Array));
          scope(() => {
            parameters.forEach(({ grad }, i) => {
              noGrad(() => grad!.assign(tensor({ data: mean[i]!, shape: grad!.shape })));
            });
          });
        },
      }),
    ),
  );
  expect(weights(replicas[1]!)).toEqual(weights(replicas[0]!));
  for (const [name, values] of Object.entries(weights(one))) {
    const other = weights(replicas[0]!)[name]!;
    values.forEach((value, i) => {
      expect(Math.abs(value - other[i]!)).toBeLessThan(1e-5);
    });
  }
});

test('it is called once a step, with the gradients of all its batches, and waited for', async () => {
  const net = model();
  const optimizer = new Adam(net.parameters(), { lr: 0.01 });
  const before = weights(net);
  const calls: { readonly parameters: readonly Tensor[]; readonly norm: number }[] = [];
  const run = (accumulate: number): Promise<unknown> =>
    Promise.resolve(
      fit(net, loader(digits, { batchSize: 30 }), {
        optimizer,
        accumulate,
        gradients: async (parameters) => {
          const norm = scope(() => parameters[0]!.grad!.norm().item());
          await tick();
          // The update has not been done while this waits.
          if (calls.length === 0) expect(weights(net)).toEqual(before);
          calls.push({ parameters, norm });
        },
      }),
    );
  await run(2);
  expect(calls.length).toBe(2);
  expect(calls[0]!.parameters).toEqual(net.parameters());
  expect(weights(net)).not.toEqual(before);
});

test('when it fails the step has changed nothing, and the gradients are free', async () => {
  const net = model();
  const optimizer = new SGD(net.parameters(), { lr: 0.1 });
  const before = weights(net);
  const run = fit(net, batches(), { optimizer, gradients: () => Promise.reject(new Error('a process is gone')) });
  await expect(run).rejects.toThrow('a process is gone');
  expect(weights(net)).toEqual(before);
  expect(net.parameters().map(({ grad }) => grad)).toEqual([undefined, undefined]);
});

test('options that cannot be are refused', () => {
  const net = makeModel();
  expect(() => fit(net, batches(), { optimizer: new Adam(net.parameters()), gradients: 'mean' as never })).toThrow(
    "fit: gradients is 'mean', needs a function",
  );
  expect(() => fit(net, batches(), { optimizer: new LBFGS(net.parameters()), gradients: () => {} })).toThrow(
    'fit: gradients is waited for between gradient and update, and LBFGS asks for gradients again and again without waiting',
  );
});
