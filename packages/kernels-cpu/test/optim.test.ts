// The updates of the optimisers on many parameters: near the TypeScript kernels, and the same bits however work is cut.

import { adamUpdate, type ElementFormula, elementFormula, Generator, type KernelTensor, sgdUpdate } from '@dl/autograd';
import { assertAllClose } from '@dl/testing';
import { describe, expect, test, vi } from 'vitest';
import { cpuBuffer } from '../src/buffer.js';
import type { Heap } from '../src/heap.js';
import * as readable from '../src/typescript/optim.js';
import { updateElementsKernel as readableElements } from '../src/typescript/update-elements.js';
import * as fast from '../src/wasm/optim.js';
import { updateElementsKernel } from '../src/wasm/update-elements.js';
import { engineMaker, wasmEngines } from './engines.js';

const engines = await Promise.all(
  wasmEngines().map(async (name) => [name, await engineMaker({ name, isShared: true })] as const),
);

const sizes = [1, 3, 4, 5, 7, 0, 1023, 1024, 1025, 5000, 2048, 17];

/** Tensors with the same values each time, outside of any backend. */
function drawn(heap: Heap, seed: number, low: number): KernelTensor[] {
  const generator = new Generator(seed);
  return sizes.map((size) => {
    const handle = heap.allocate('float32', size);
    for (let i = 0; i < size; i++) handle.values[i] = generator.uniform(low, 2);
    return { shape: [size], dtype: 'float32', size, handle };
  });
}

const isNew = sizes.map((_, i) => i % 3 === 0);
const steps = sizes.map((_, i) => 1 + 10 * i);
interface Options {
  readonly momentum?: number;
  readonly dampening?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
  readonly decoupled?: boolean;
  readonly maximize?: boolean;
  readonly amsgrad?: boolean;
}
const cases: readonly (readonly ['sgdUpdate' | 'adamUpdate', Options])[] = [
  ['sgdUpdate', { momentum: 0, weightDecay: 0.1 }],
  ['sgdUpdate', { momentum: 0.9, dampening: 0.3, maximize: true }],
  ['sgdUpdate', { momentum: 0.9, nesterov: true, weightDecay: 0.1 }],
  ['adamUpdate', { weightDecay: 0.1 }],
  ['adamUpdate', { weightDecay: 0.1, decoupled: true, maximize: true }],
  ['adamUpdate', { amsgrad: true }],
];

describe.each(engines)('%s', (_, make) => {
  test.each(cases)('%s %o', (name, options) => {
    const run = (parts?: number): Float32Array[] => {
      const { heap, engine } = make({ threads: parts ?? 1, splitAll: true });
      const [params, grads, means] = [drawn(heap, 1, -2), drawn(heap, 2, -2), drawn(heap, 3, -2)];
      const [squares, largest] = [drawn(heap, 4, 0), drawn(heap, 5, 0)];
      const cut = vi.spyOn(engine, 'split');
      const { amsgrad = false, ...attrs } = options;
      if (name === 'sgdUpdate') {
        const kernel = parts === undefined ? readable.sgdUpdateKernel : fast.sgdUpdateKernel(engine);
        const buffers = options.momentum === 0 ? [] : means;
        kernel.run({ params, grads, buffers }, { ...sgdUpdate.defaults, lr: 0.1, isNew, ...attrs });
      } else {
        const kernel = parts === undefined ? readable.adamUpdateKernel : fast.adamUpdateKernel(engine);
        kernel.run(
          { params, grads, expAvgs: means, expAvgSqs: squares, maxExpAvgSqs: amsgrad ? largest : [] },
          { ...adamUpdate.defaults, lr: 0.1, steps, ...attrs },
        );
      }
      expect(cut).toHaveBeenCalledTimes(parts === undefined ? 0 : 1);
      const all = [params, grads, means, squares, largest].flat();
      return all.map(({ handle }) => Float32Array.from(cpuBuffer(handle).values));
    };
    const whole = run(1);
    run().forEach((expected, i) => {
      assertAllClose(whole[i]!, expected, { rtol: 1e-6, atol: 2e-6 });
    });
    for (const parts of [2, 3, 7]) {
      const same = run(parts).map((values, i) => Buffer.from(values.buffer).equals(Buffer.from(whole[i]!.buffer)));
      expect(same).not.toContain(false);
    }
  });
});

const formulas: readonly (readonly [string, ElementFormula])[] = [
  [
    'a mean square, as RMSprop has it',
    elementFormula(2, 1, ([param, square], [grad]) => {
      const next = square!.mul(0.9).add(grad!.square().mul(0.1));
      return [param!.sub(grad!.div(next.sqrt().add(0.1)).mul(0.01)), next];
    }),
  ],
  ['an exchange', elementFormula(2, 1, ([a, b]) => [b!, a!])],
  ['one value for both', elementFormula(2, 1, ([a], [x]) => [a!.add(x!), a!.add(x!).sub(0)])],
  ['the former value after a new one', elementFormula(2, 1, ([a, b], [x]) => [x!.mul(2), b!.add(a!)])],
  ['operands and constants as they are', elementFormula(2, 1, ([a], [x]) => [x!, a!.constant(-0.5)])],
  [
    'many values at once',
    elementFormula(2, 1, ([a, b], [x]) => {
      const powers = Array.from({ length: 12 }, (_, i) => x!.mul(0.1 * i).add(a!));
      return [powers.reduce((sum, value) => sum.add(value.square())), b!.sub(x!.mul(0.25))];
    }),
  ],
];

describe.each(engines)('%s', (_, make) => {
  test.each(formulas)('updateElements: %s', (_, formula) => {
    const run = (parts?: number): Float32Array[] => {
      const { heap, engine } = make({ threads: parts ?? 1, splitAll: true });
      const [first, second, operands] = [drawn(heap, 1, -2), drawn(heap, 4, 0), drawn(heap, 2, -2)];
      const cut = vi.spyOn(engine, 'split');
      const kernel = parts === undefined ? readableElements : updateElementsKernel(engine);
      kernel.run({ targets: [...first, ...second], operands }, { formula });
      expect(cut).toHaveBeenCalledTimes(parts === undefined ? 0 : 1);
      return [...first, ...second, ...operands].map(({ handle }) => Float32Array.from(cpuBuffer(handle).values));
    };
    const whole = run(1);
    run().forEach((expected, i) => {
      assertAllClose(whole[i]!, expected, { rtol: 1e-6, atol: 2e-6 });
    });
    for (const parts of [2, 3, 7]) {
      const same = run(parts).map((values, i) => Buffer.from(values.buffer).equals(Buffer.from(whole[i]!.buffer)));
      expect(same).not.toContain(false);
    }
  });
});

test('what has no room in WebAssembly is left to the TypeScript kernel', async () => {
  const { heap, engine } = (await engineMaker({ name: 'wasm simd', isShared: false }))({ threads: 1, splitAll: false });
  const cut = vi.spyOn(engine, 'split');
  const tensors = Array.from({ length: 9 }, (_, i) => drawn(heap, i, 0).slice(0, 1)).flat();
  const before = tensors.map(({ handle }) => cpuBuffer(handle).values[0]!);
  const sum = elementFormula(1, 8, ([a], others) => [others.reduce((total, value) => total.add(value), a!)]);
  updateElementsKernel(engine).run({ targets: tensors.slice(0, 1), operands: tensors.slice(1) }, { formula: sum });
  expect(cut).not.toHaveBeenCalled();
  assertAllClose(
    cpuBuffer(tensors[0]!.handle).values,
    [before.reduce<number>((total, value) => total + Number(value), 0)],
    { rtol: 1e-6 },
  );
});
