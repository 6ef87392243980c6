// What runs when kernels in gpu.js's own language are asked for: in Node and in a browser alike.

import {
  add,
  avgPool2d,
  conv2d,
  defineKernel,
  gradients,
  linear,
  matmul,
  max,
  maxPool2d,
  mean,
  min,
  mul,
  relu,
  scope,
  sub,
  sum,
  type Tensor,
  tensor,
  useBackend,
  withBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { type GpuBackend, gpu, gpuJsProgram, runGpuJs } from '@dl/kernels-gpu';
import { assertAllClose } from '@dl/testing';
import { expect, test } from 'vitest';
import type { Views } from '../src/device.js';
import type { Program } from '../src/program.js';
import { readableKernels } from '../src/readable/index.js';

/** One run of a program, with what it read and wrote. */
export interface Recorded {
  readonly what: Program;
  readonly inputs: readonly Float32Array[];
  readonly ints: readonly number[];
  readonly floats: readonly number[];
  readonly views: Views | undefined;
  readonly output: Float32Array;
}

/** What a backend draws while a function runs. */
export function record(backend: GpuBackend, body: () => void): Recorded[] {
  const found: Recorded[] = [];
  const { run } = backend;
  const read = (buffer: Parameters<GpuBackend['run']>[1]): Float32Array =>
    backend.readSync(buffer, 'float32', buffer.size) as Float32Array;
  backend.run = (what, out, inputs = [], ints = [], floats = [], views = undefined) => {
    run.call(backend, what, out, inputs, ints, floats, views);
    found.push({ what, inputs: inputs.map(read), ints, floats, views, output: read(out) });
  };
  try {
    withBackend(backend, () => scope(() => void body()));
  } finally {
    backend.run = run;
  }
  return found;
}

function wave(...shape: number[]): Tensor {
  const size = shape.reduce((all, length) => all * length, 1);
  return tensor({ data: Float32Array.from({ length: size }, (_, i) => Math.fround(Math.sin(i + 1))), shape });
}

function both(f: (...xs: Tensor[]) => Tensor, ...xs: Tensor[]): void {
  for (const x of xs) x.requiresGrad = true;
  gradients(sum(f(...xs)), xs);
}

const geometry = { stride: [2, 1], padding: 1, dilation: [1, 2], groups: 2 } as const;

/** Each op of the table, by its name. */
export const calls: Readonly<Record<string, () => void>> = {
  relu: () => relu(wave(3, 5)),
  reluGrad: () => both((x) => relu(x), wave(7)),
  add: () => add(wave(2, 1, 3), wave(4, 1)),
  sub: () => sub(wave(2, 1, 3), wave(4, 1)),
  mul: () => mul(wave(2, 1, 3), wave(4, 1)),
  sum: () => sum(wave(3, 70, 2), [1]),
  max: () => max(wave(3, 70, 2), [1]),
  min: () => min(wave(3, 70, 2), [1]),
  mean: () => mean(wave(3, 70, 2), [0, 2]),
  matmul: () => both((a, b) => matmul(a, b), wave(2, 3, 4), wave(4, 5)),
  linear: () => linear(wave(3, 4), wave(5, 4), wave(5)),
  conv2d: () => conv2d(wave(2, 4, 6, 7), wave(6, 2, 3, 2), { ...geometry, bias: wave(6) }),
  conv2dInputGrad: () => both((x) => conv2d(x, wave(6, 2, 3, 2), geometry), wave(2, 4, 6, 7)),
  conv2dWeightGrad: () => both((w) => conv2d(wave(2, 4, 6, 7), w, geometry), wave(6, 2, 3, 2)),
  maxPool2d: () => maxPool2d(wave(2, 3, 6, 7), 3, { stride: 2, padding: 1 }),
  maxPool2dGrad: () => both((x) => maxPool2d(x, 3, { stride: 2, padding: 1 }), wave(2, 3, 6, 7)),
  avgPool2d: () => avgPool2d(wave(2, 3, 6, 7), 3, { stride: 2, padding: 1, countIncludePad: false }),
  avgPool2dGrad: () => both((x) => avgPool2d(x, 3, { stride: 2, padding: 1 }), wave(2, 3, 6, 7)),
};

const isInGpuJs = ({ what }: Recorded): boolean => what.unit === 'element' && what.source.includes('this.thread.');

/** @param backend of `language: 'gpu.js'`, started, and beside it one of the same engine with kernels in GLSL. */
export function gpuJsTests(backend: GpuBackend, fast: GpuBackend): void {
  test('info() tells the language', async () => {
    await useBackend(fast);
    const { engine } = fast.info();
    expect(engine).toMatch(/^(webgl2|headlessgl)$/);
    expect(fast.info().details).toMatchObject({ language: 'glsl' });
    await useBackend(backend);
    expect(backend.info().engine).toBe(`${engine}, kernels in gpu.js`);
    expect(backend.info().details).toMatchObject({ language: 'gpu.js' });
  });

  test('each kernel of the table draws in gpu.js only, and none of the others does', async () => {
    await useBackend(backend);
    expect(Object.keys(calls).sort()).toEqual(readableKernels.map(({ op }) => op.name).sort());
    await useBackend(fast);
    for (const [name, call] of Object.entries(calls)) {
      const kernel = readableKernels.find(({ op }) => op.name === name)!;
      const all: Recorded[] = [];
      const ofOp: Recorded[] = [];
      const standing = backend.kernels.get(kernel.op)!;
      expect(standing, name).toBe(kernel.run);
      let isInside = false;
      backend.kernels.set(kernel.op, (inputs, attrs) => {
        isInside = true;
        try {
          standing(inputs, attrs);
        } finally {
          isInside = false;
        }
      });
      const { run } = backend;
      try {
        backend.run = (...args) => {
          run.apply(backend, args);
          const seen = { what: args[0] } as Recorded;
          all.push(seen);
          if (isInside) ofOp.push(seen);
        };
        withBackend(backend, () => scope(() => void call()));
      } finally {
        backend.run = run;
        backend.kernels.set(kernel.op, standing);
      }
      expect(ofOp.length, name).toBeGreaterThan(0);
      expect(
        ofOp.filter((seen) => !isInGpuJs(seen)).map(({ what }) => what.name),
        name,
      ).toEqual([]);
      expect(record(fast, call).filter(isInGpuJs), name).toEqual([]);
    }
  });

  test('a kernel of one’s own, as a function of gpu.js', async () => {
    const cube = gpuJsProgram('cube', { textures: ['x'], floats: ['scale'] }, function (x: number[], scale: number) {
      const value = x[this.thread.x]!;
      return scale * value * value * value;
    });
    const mine = defineKernel(relu, ({ x, y }) => runGpuJs(cube, y, [x], [], [2]));
    const own = gpu({ engine: fast.info().engine as 'webgl2', kernels: [mine] });
    await useBackend(own);
    expect(Array.from(relu(tensor([-1, 2, 3])).dataSync())).toEqual([-2, 16, 54]);
  });

  test('what gpu.js cannot read is refused with what it needs', () => {
    expect(() => gpuJsProgram('f', { textures: ['x'] }, (x: number[]) => x[0]!)).toThrow(
      /the kernel f is .*, needs function \(…\) \{ … \}/,
    );
    expect(() => gpuJsProgram('f', { textures: ['x'], ints: ['n'] }, 'function (n, x) { return x[n]; }')).toThrow(
      'gpu: the kernel f is a function of (n, x), needs (x, n): textures, then ints, then floats. A bundler may',
    );
    const two = gpuJsProgram('f', { textures: ['x'] }, 'function (x) { return x[this.thread.x].y; }');
    withBackend(backend, () => {
      const [x, y] = [tensor([1, 2]), tensor([0, 0])];
      expect(() => runGpuJs(two, y, [x, x])).toThrow('the kernel f takes 1 tensors');
      expect(() => runGpuJs(two, y, [x])).toThrow(/^gpu: the kernel f does not compile here: /);
    });
  });

  test('rows of more than two million elements', async () => {
    const size = 2 ** 21 + 3;
    const x = Float32Array.from({ length: size }, (_, i) => (i % 7) - 3);
    await useBackend(backend);
    const found = scope(() => add(tensor({ data: x, shape: [size] }), tensor({ data: x, shape: [size] })).dataSync());
    await useBackend(cpu({ engine: 'typescript' }));
    assertAllClose(
      found,
      x.map((value) => 2 * value),
      { rtol: 0, atol: 0 },
    );
  });
}
