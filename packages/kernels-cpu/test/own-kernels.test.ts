// Kernels of a user in the place of those here: what they are given, and what is told of them.

import {
  defineKernel,
  defineOp,
  type KernelEntry,
  manualSeed,
  matmul,
  mul,
  randn,
  relu,
  sigmoid,
  tanh,
  tensor,
  useBackend,
} from '@dl/autograd';
import { type CpuHost, type CpuOptions, cpu, cpuBuffer } from '@dl/kernels-cpu';
import { describe, expect, test } from 'vitest';

const engines: readonly CpuOptions[] = [
  { threads: 1 },
  { threads: 2 },
  { engine: 'wasm simd', threads: 1 },
  { engine: 'typescript' },
];

/** max(x, 0) for float32, written through addresses; other dtypes are handed on. */
const own = (host: CpuHost): KernelEntry[] => {
  const otherwise = host.otherwise(relu);
  return [
    defineKernel(
      relu,
      ({ x, y }, attrs) => {
        if (x.dtype !== 'float32') return otherwise({ x, y }, attrs);
        const from = new Float32Array(host.memory, host.address(x), x.size);
        // One more, so that it is known who has run.
        new Float32Array(host.memory, host.address(y), y.size).set(from.map((value) => Math.max(value, 0) + 1));
      },
      { by: 'mine 1.2' },
    ),
  ];
};

describe.each(engines)('with %o', (options) => {
  test('a kernel finds the values by their address, and hands on what it is not made for', async () => {
    const plain = await useBackend(cpu(options));
    const backend = await useBackend(cpu({ ...options, kernels: own }));
    expect(relu(tensor([-1, 2])).toArray()).toEqual([1, 3]);
    expect(relu(tensor([-1, 2], { dtype: 'float64' })).toArray()).toEqual([0, 2]);
    expect(backend.info().engine).toBe(`${plain.info().engine}; mine 1.2 for relu`);
  });

  test('what is handed on is the kernel of the engine, to the last bit', async () => {
    const numbers = (): number[] => {
      manualSeed(2);
      return matmul(randn([33, 65]), randn([65, 17])).toArray() as unknown as number[];
    };
    await useBackend(cpu(options));
    const expected = numbers();
    let calls = 0;
    const kernels = (host: CpuHost): KernelEntry[] => {
      const otherwise = host.otherwise(matmul);
      return [
        defineKernel(matmul, (tensors, attrs) => {
          calls++;
          otherwise(tensors, attrs);
        }),
      ];
    };
    await useBackend(cpu({ ...options, kernels }));
    expect(numbers()).toEqual(expected);
    expect(calls).toBe(1);
  });
});

test('the engine tells of every kernel that is not its own', async () => {
  const touch = (entry: { readonly y: { readonly handle: object } }): void => void cpuBuffer(entry.y.handle);
  const twice = defineOp({ name: 'twice', inputs: ['x'], infer: ({ x }) => x, grad: 'nondifferentiable' });
  const engineOf = async (kernels: CpuOptions['kernels']): Promise<string> =>
    (await useBackend(cpu({ engine: 'typescript', kernels: kernels! }))).info().engine;
  expect(await engineOf([])).toBe('typescript');
  expect(await engineOf([defineKernel(twice, touch)])).toBe('typescript; own kernels for twice');
  const several = [
    defineKernel(matmul, touch, { by: 'OpenBLAS' }),
    defineKernel(relu, touch),
    defineKernel(mul, touch, { by: 'OpenBLAS' }),
  ];
  expect(await engineOf(several)).toBe('typescript; OpenBLAS for matmul, mul; own kernels for relu');
  const by = { by: 'X' };
  const unary = [relu, tanh, sigmoid].map((op) => defineKernel(op, touch, by));
  const many = [defineKernel(matmul, touch, by), defineKernel(mul, touch, by), ...unary];
  expect(await engineOf(many)).toBe('typescript; X for matmul, mul, relu and 2 more');
  expect(await engineOf(() => several)).toBe('typescript; OpenBLAS for matmul, mul; own kernels for relu');
});

test('there is nothing to hand on to for an op that has no kernel here', async () => {
  const twice = defineOp({ name: 'twice', inputs: ['x'], infer: ({ x }) => x, compose: ({ x }) => mul(x, 2) });
  const kernels = (host: CpuHost): KernelEntry[] => [defineKernel(twice, host.otherwise(twice))];
  await expect(useBackend(cpu({ kernels }))).rejects.toThrow(
    'cpu: host.otherwise(twice): there is no kernel to hand on to; twice is an op of your own, or runs by other ops',
  );
});

test('an entry for an unknown op says which, and what is needed', async () => {
  const run = (): void => {};
  const refused: readonly (readonly [unknown, string])[] = [
    [
      [{ op: undefined, run }],
      'cpu: kernels[0] names no op; needs what defineKernel makes of an op, which defineOp made',
    ],
    [[{ op: 'relu', run }], "cpu: kernels[0] is for 'relu', which is no op; needs what defineKernel makes"],
    [[{ op: Math.max, run }], 'cpu: kernels[0] is for the function max, which is no op; needs'],
    [[defineKernel(mul, run), undefined], 'cpu: kernels[1] names no op; needs'],
    [[{ op: mul, run: 3 }], 'cpu: kernels[0] for mul has no function to run; make it with defineKernel'],
    [{ relu: run }, 'needs an array of what defineKernel(op, …) makes'],
  ];
  for (const [kernels, message] of refused) {
    if (typeof kernels === 'object') expect(() => cpu({ kernels: kernels as never })).toThrow(message);
    await expect(useBackend(cpu({ kernels: () => kernels as never }))).rejects.toThrow(message);
  }
});
