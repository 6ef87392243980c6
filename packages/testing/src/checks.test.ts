// Do the checks find what they are for? Each is given something wrong.

import {
  Backend,
  type BufferHandle,
  cast,
  customGrad,
  type DType,
  defineKernel,
  defineOp,
  exp,
  expm1,
  halfBits,
  halfValues,
  isHalf,
  keep,
  log1p,
  mish,
  mul,
  needRange,
  permute,
  relu,
  sgdUpdate,
  sigmoid,
  sin,
  type Tensor,
  type TypedArray,
  tanh,
  tensor,
  typedArray,
  useBackend,
  withBackend,
} from '@dl/autograd';
import { allSamples, type SampleInput, samples } from '@dl/autograd/samples';
import { type CpuBuffer, cpu, cpuBuffer } from '@dl/kernels-cpu';
import { describe, expect, test } from 'vitest';
import {
  type Check,
  conformance,
  displaced,
  gradCheck,
  gradientChecks,
  leakCheck,
  specialValueChecks,
} from './index.js';

const reference = cpu({ engine: 'typescript' });
const x64 = (values: number[]): Tensor => tensor(values, { dtype: 'float64' });

/** A backend outside the package: plain typed arrays, and whatever kernels it is given. */
class ArrayBackend extends Backend {
  readonly name = 'array';
  readonly engine = 'typed arrays';

  override supports(dtype: DType): boolean {
    return super.supports(dtype) && dtype !== 'float64';
  }
  live = 0;
  override allocate(dtype: DType, size: number): BufferHandle {
    this.live++;
    return { values: typedArray(dtype, size) };
  }
  override free(): void {
    this.live--;
  }
  override details(): Readonly<Record<string, number>> {
    return { liveBuffers: this.live };
  }
  override write(handle: BufferHandle, values: TypedArray, start = 0): void {
    needRange('array: write', start, values.length, valuesOf(handle).length);
    valuesOf(handle).set(values, start);
  }
  override async read(handle: BufferHandle, dtype: DType, size: number, start = 0): Promise<TypedArray> {
    return this.readSync(handle, dtype, size, start);
  }
  override readSync(handle: BufferHandle, _dtype: DType, size: number, start = 0): TypedArray {
    needRange('array: read', start, size, valuesOf(handle).length);
    return valuesOf(handle).slice(start, start + size);
  }
}

function valuesOf(handle: object): TypedArray {
  return (handle as { values: TypedArray }).values;
}

async function failures(checks: readonly Check[]): Promise<Record<string, string>> {
  const failed: Record<string, string> = {};
  for (const { name, skip, run } of checks) {
    if (skip !== undefined) continue;
    try {
      await run();
    } catch (error) {
      failed[name] = (error as Error).message;
    }
  }
  return failed;
}

describe('gradCheck', () => {
  test('passes a right gradient and names the input of a wrong one', async () => {
    await useBackend(reference);
    gradCheck((x) => x.sin(), [x64([0.3, 1.2])], { secondOrder: true });
    const wrong = customGrad((x: Tensor) => ({ value: x.square(), gradient: (dy) => [mul(dy, x)] }));
    expect(() => gradCheck(wrong, [x64([1, 2])])).toThrow(
      'the gradient for input 0 ([2]) is not what finite differences give',
    );
  });

  test('finds a gradient that is right but not itself differentiable as it should be', async () => {
    await useBackend(reference);
    // The formula cuts the graph, so that the second derivative is 0 instead of 2.
    const cut = customGrad((x: Tensor) => ({ value: x.square(), gradient: (dy) => [mul(dy, x.detach().mul(2))] }));
    gradCheck(cut, [x64([1, 2])]);
    expect(() => gradCheck(cut, [x64([1, 2])], { secondOrder: true })).toThrow('the second derivative for input 0');
  });

  test('says that it needs float64', async () => {
    await useBackend(reference);
    expect(() => gradCheck((x) => x, [tensor([1])])).toThrow(
      "gradCheck: input 0 is float32, needs float64; cast it with .cast('float64')",
    );
  });
});

describe('leakCheck', () => {
  test('passes a flat step, and says which op made what stays', async () => {
    await useBackend(reference);
    leakCheck(() => tensor([1, 2]).exp().sum());
    expect(() => leakCheck(() => keep(tensor([1, 2]).exp()), { steps: 5 })).toThrow(
      '5 steps left 5 buffers and 40 bytes behind, made by exp (5)',
    );
  });
});

describe('conformance', () => {
  const expSamples = [samples(exp, [{ inputs: { x: [0, 1, 2] } }])];
  const elementBackend = (op: typeof exp, f: (x: number) => number): ArrayBackend =>
    new ArrayBackend([
      defineKernel(op, ({ x, y }) => {
        valuesOf(x.handle).forEach((value, i) => {
          valuesOf(y.handle)[i] = f(value);
        });
      }),
    ]);
  const withExp = (f: (x: number) => number): ArrayBackend => elementBackend(exp, f);

  test('a backend of another package with a right kernel passes, one with a wrong kernel does not', async () => {
    expect(await failures(conformance({ backend: withExp(Math.exp), reference, samples: expSamples }))).toEqual({});
    const failed = await failures(conformance({ backend: withExp((x) => 1 + x), reference, samples: expSamples }));
    expect(Object.keys(failed)).toEqual([
      'exp values float32',
      'exp gradient float32',
      'exp 1 to 9 axes',
      'exp gradient of 1 to 9 axes',
      'exp special values float32',
      'exp numbers of every size float32',
    ]);
    expect(failed['exp values float32']).toMatch(
      /^case 0: 2 of 3 elements differ; the worst is \[2\]: got 3, expected 7\.389/,
    );
  });

  test.each<[string, typeof exp, (x: number) => number]>([
    ['expm1 by a difference', expm1, (x) => Math.fround(Math.fround(Math.exp(x)) - 1)],
    ['expm1 that is 0 near 0', expm1, (x) => (Math.abs(x) < 1e-6 ? 0 : Math.expm1(x))],
    ['log1p by a sum', log1p, (x) => Math.fround(Math.log(Math.fround(1 + x)))],
    ['log1p that is 0 near 0', log1p, (x) => (Math.abs(x) < 1e-6 ? 0 : Math.log1p(x))],
    ['tanh that is 0 near 0', tanh, (x) => (Math.abs(x) < 1e-7 ? 0 : Math.tanh(x))],
    ['exp that is 0 far out', exp, (x) => (x < -14 ? 0 : Math.exp(x))],
    ['sigmoid that is 0 far out', sigmoid, (x) => (x < -16 ? 0 : 1 / (1 + Math.exp(-x)))],
    ['sin that is 0 near 0', sin, (x) => (Math.abs(x) < 1e-7 ? 0 : Math.sin(x))],
  ])('%s is found by numbers of every size', async (_, op, f) => {
    const own = allSamples().filter((each) => each.op === op);
    const failed = await failures(conformance({ backend: elementBackend(op, f), reference, samples: own }));
    expect(Object.keys(failed)).toContain(`${op.name} numbers of every size float32`);
  });

  test('what copies must be exact', async () => {
    const own = allSamples().filter((each) => each.op === permute);
    const inexact = new ArrayBackend([
      defineKernel(permute, ({ x, y }, { order }) => {
        const right = withBackend(reference, () => tensor({ data: valuesOf(x.handle), shape: x.shape }).permute(order));
        right.dataSync().forEach((value, i) => {
          valuesOf(y.handle)[i] = Math.abs(value) < 1 ? value * (1 + 1e-6) : value;
        });
      }),
    ]);
    expect(Object.keys(await failures(conformance({ backend: inexact, reference, samples: own })))).toContain(
      'permute values float32',
    );
  });

  test('a backend that frees nothing is found, and one that does not say so', async () => {
    class Hoard extends ArrayBackend {
      override free(): void {}
    }
    class Silent extends ArrayBackend {
      override details(): Readonly<Record<string, number>> {
        return {};
      }
    }
    const of = (backend: Backend) => failures(conformance({ backend, reference, samples: expSamples }));
    expect(await of(new Hoard([]))).toEqual({
      'exp leaves no memory': expect.stringMatching(
        /^the array backend holds \d+ buffers more after each use: see its free$/,
      ),
    });
    expect(await of(new Silent([]))).toEqual({
      'exp leaves no memory':
        'the array backend does not say how many buffers live; count them in allocate and free, and return { liveBuffers } from details()',
    });
  });

  // The example of a backend is asked everything, without a kernel and with some.
  test('a backend without any kernel passes: an op is composed or falls back', async () => {
    const some = allSamples().filter(({ op }) => [exp, sigmoid, relu, sgdUpdate].some((each) => each === op));
    expect(await failures(conformance({ backend: new ArrayBackend([]), reference, samples: some }))).toEqual({});
  });

  test('of compositions only the samples are run where that is asked for', () => {
    const some = allSamples().filter(({ op }) => [mish, tanh].some((each) => each === op));
    const names = (backend: Backend, compositions: 'all' | 'samples'): readonly string[] =>
      conformance({ backend, reference, samples: some, compositions }).map(({ name }) => name);
    const every = names(new ArrayBackend([]), 'all');
    expect(every).toContain('mish special values float32');
    const without = every.filter(
      (name) => !name.startsWith('mish ') || /^mish (values|gradient) float|memory$/.test(name),
    );
    expect(names(new ArrayBackend([]), 'samples')).toEqual(without);
    expect(without).toEqual(
      expect.arrayContaining(['mish values float32', 'mish gradient float32', 'tanh 1 to 9 axes']),
    );
    const own = new ArrayBackend([defineKernel(mish, () => undefined)]);
    expect(names(own, 'samples')).toEqual(every);
  });

  test('a backend that reads or writes from the beginning, whatever it is asked, or what is not there, is found', async () => {
    const about = async (backend: Backend): Promise<Record<string, string>> =>
      failures(conformance({ backend, reference, samples: [] }));
    expect(await about(new ArrayBackend([]))).toEqual({});
    const [some, absent] = [
      'buffers: some elements are read, written, filled and copied',
      'buffers: elements that are not there are refused',
    ];
    for (const wrong of [
      { write: (handle: object, values: TypedArray) => valuesOf(handle).set(values) },
      { readSync: (handle: object, _: DType, size: number) => valuesOf(handle).slice(0, size) },
      { read: async (handle: object, _: DType, size: number) => valuesOf(handle).slice(0, size) },
    ]) {
      expect(Object.keys(await about(Object.assign(new ArrayBackend([]), wrong)))).toEqual([some, absent]);
    }
    const lax = Object.assign(new ArrayBackend([]), {
      readSync: (handle: object, _: DType, size: number, start = 0) => valuesOf(handle).slice(start, start + size),
    });
    expect(Object.keys(await about(lax))).toEqual([absent]);
  });

  test('casts that cut off bits, or a backend that has a dtype and does not say so, are found', async () => {
    const wrong = defineKernel(cast, ({ x, y }, { dtype }) => {
      const [from, to] = [cpuBuffer(x.handle), cpuBuffer(y.handle)];
      const values = isHalf(x.dtype) ? halfValues(from.values, x.dtype) : Float32Array.from(from.values);
      const words = new Int32Array(values.buffer);
      for (let i = 0; i < y.size; i++) {
        if (dtype === 'bfloat16') to.values[i] = words[i]! >>> 16;
        else if (dtype === 'float16') to.values[i] = halfBits([values[i]!], dtype)[0]!;
        else to.values[i] = dtype === 'bool' ? Number(values[i] !== 0) : values[i]!;
      }
    });
    const casts = (backend: Backend): Promise<Record<string, string>> =>
      failures(conformance({ backend, reference, samples: [] }));
    expect(await casts(cpu({ engine: 'typescript' }))).toEqual({});
    expect(Object.keys(await casts(cpu({ engine: 'typescript', kernels: [wrong] })))).toEqual([
      'casts: between all dtypes that it has',
    ]);
    const mute = Object.assign(cpu({ engine: 'typescript' }), { supports: (dtype: DType) => dtype !== 'float16' });
    expect(await casts(mute)).toEqual({});
    const lax = Object.assign(new ArrayBackend([]), { supports: () => true });
    expect((await casts(lax))['casts: between all dtypes that it has']).toMatch(
      /^0.3333333\d* cast from|^0.333\d+ cast/,
    );
  });

  test('a kernel that counts on where a buffer begins, or writes beyond its end, is found', async () => {
    const checks = (from: (buffer: CpuBuffer) => number, more: number, isDisplaced: boolean): readonly Check[] => {
      const kernel = defineKernel(exp, ({ x, y }) => {
        const [source, target] = [cpuBuffer(x.handle), cpuBuffer(y.handle)];
        if (x.dtype !== 'float32') {
          (target.values as Float64Array).set((source.values as Float64Array).map(Math.exp));
          return;
        }
        const values = new Float32Array(source.heap.buffer, from(source), x.size);
        new Float32Array(target.heap.buffer, target.pointer, y.size + more).set(values.map(Math.exp));
        if (more > 0) new Float32Array(target.heap.buffer, target.pointer, y.size + more)[y.size] = 1;
      });
      const backend = cpu({ engine: 'typescript', kernels: [kernel] });
      const tested = isDisplaced ? displaced(backend) : backend;
      return conformance({ backend: tested, reference, samples: expSamples });
    };
    const right = (buffer: CpuBuffer): number => buffer.pointer;
    for (const isDisplaced of [false, true]) expect(await failures(checks(right, 0, isDisplaced))).toEqual({});
    const begins = await failures(checks((buffer) => buffer.block.start, 0, false));
    expect(Object.keys(begins)).toEqual(['exp inputs that are parts, float32']);
    expect(begins['exp inputs that are parts, float32']).toMatch(/^case 0: result 0 is .* for parts of tensors, and /);
    expect((await failures(checks(right, 1, true)))['exp values float32']).toMatch(
      /an element after a part was changed: float32 1 at 3/,
    );
    expect(() => displaced(new ArrayBackend([]))).toThrow('displaced: the array backend has no part()');
  });

  test('an op that changes its inputs: a kernel that changes too little, or an input that it may only read, is found', async () => {
    const given = (...values: number[]): SampleInput => ({ values, dtype: 'float32' });
    const cases = [
      samples(sgdUpdate, [{ inputs: { params: [given(1, 2)], grads: [given(3, 5)], buffers: [] }, attrs: { lr: 1 } }]),
    ];
    const withUpdate = (change: (param: TypedArray, grad: TypedArray) => void): ArrayBackend =>
      new ArrayBackend([
        defineKernel(sgdUpdate, ({ params, grads }) => change(valuesOf(params[0]!.handle), valuesOf(grads[0]!.handle))),
      ]);
    const messages = async (change: (param: TypedArray, grad: TypedArray) => void): Promise<Record<string, string>> =>
      failures(conformance({ backend: withUpdate(change), reference, samples: cases }));
    const right = (param: TypedArray, grad: TypedArray): void => param.forEach((p, i) => (param[i] = p - grad[i]!));
    expect(await messages(right)).toEqual({});
    expect(Object.keys(await messages((param, grad) => right(param.subarray(0, 1), grad)))).toEqual([
      'sgdUpdate values float32',
      'sgdUpdate 1 to 9 axes',
      'sgdUpdate special values float32',
    ]);
    const spoils = await messages((param, grad) => {
      right(param, grad);
      grad.fill(0);
    });
    expect(spoils['sgdUpdate values float32']).toMatch(/^case 0: 2 of 2 elements differ; .* got 0, expected [35]/);
  });

  test('what is excluded is skipped with its reason; a name that does not exist is an error', () => {
    const checks = conformance({
      backend: reference,
      reference,
      samples: expSamples,
      exclude: { 'exp gradient float32': 'a reason' },
    });
    expect(checks.filter(({ skip }) => skip !== undefined).map(({ name, skip }) => [name, skip])).toEqual([
      ['exp gradient float32', 'a reason'],
    ]);
    expect(() => conformance({ backend: reference, reference, exclude: { expp: 'a reason' } })).toThrow(
      "'expp' is excluded, but there is no such op",
    );
  });

  test('gradientChecks finds a wrong formula of an op outside the package', async () => {
    const halved = defineOp({
      name: 'halvedSquare',
      inputs: ['x'],
      saves: ['x'],
      infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
      grad: ({ dy, x }) => ({ x: (): Tensor => mul(dy, x) }),
      compose: ({ x }): Tensor => mul(x, x),
    });
    const failed = await failures(
      gradientChecks({ backend: reference, samples: [samples(halved, [{ inputs: { x: [1, 2] } }])] }),
    );
    expect(Object.values(failed)[0]).toMatch('case 0: the gradient for input 0');
  });
});

describe('specialValueChecks', () => {
  const x: SampleInput = [-2, -1, 0.5, 1, 2, 3, 4];
  const ofRelu = [samples(relu, [{ inputs: { x } }])];
  const withRelu = (f: (x: number, all: TypedArray) => number): ArrayBackend =>
    new ArrayBackend([
      defineKernel(relu, ({ x, y }) => {
        const given = valuesOf(x.handle);
        given.forEach((value, i) => {
          valuesOf(y.handle)[i] = f(value, given);
        });
      }),
    ]);
  const messages = async (f: (x: number, all: TypedArray) => number): Promise<Record<string, string>> =>
    failures(specialValueChecks({ backend: withRelu(f), reference, samples: ofRelu }));

  test('a right kernel passes', async () => {
    expect(await messages((x) => Math.max(x, 0))).toEqual({});
  });

  test('NaN that a comparison hides is found', async () => {
    expect((await messages((x) => (x === Math.abs(x) ? x : 0)))['relu special values in x']).toBe(
      'case 0: with NaN in x, element 2, element 2 of y is 0, and depends on that element; it should be NaN',
    );
  });

  test('NaN that spreads to neighbours is found, by 0 times it, too', async () => {
    const spread = await messages((x, all) => Math.max(x, 0) + 0 * all.at(-1)!);
    expect(spread['relu special values in x']).toMatch(
      /with NaN in x, element 6, element 0 of y became NaN, and was 0/,
    );
  });

  test('an infinity that is clipped is found', async () => {
    const clipped = await messages((x) => (Number.isNaN(x) ? x : Math.min(Math.max(x, 0), 1e30)));
    expect(clipped['relu special values in x']).toMatch(
      /with Infinity in x, .* is 1\.0.*e\+30, and Infinity on the reference/,
    );
  });

  test('an infinite gradient that a mask turns into NaN is found', async () => {
    const masked = defineOp({
      name: 'masked',
      inputs: ['x'],
      saves: ['x'],
      infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
      grad: ({ dy, x }) => ({ x: (): Tensor => mul(dy, x.greater(0).cast(x.dtype)) }),
      compose: ({ x }): Tensor => x.maximum(0),
    });
    const failed = await failures(
      specialValueChecks({
        backend: reference,
        reference,
        samples: [samples(masked, [{ inputs: { x: [1, 2, -1] } }])],
      }),
    );
    expect(failed['masked special values in dy']).toMatch(
      /with NaN in dy, element 2, element 2 of the gradient of x became NaN/,
    );
  });

  test('a limit that the reference itself misses is found', async () => {
    const bounded = defineOp({
      name: 'bounded',
      inputs: ['x'],
      infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
      grad: 'nondifferentiable',
      compose: ({ x }): Tensor => x.equal(Infinity).where(7, x),
    });
    const failed = await failures(
      specialValueChecks({ backend: reference, reference, samples: [samples(bounded, [{ inputs: { x } }])] }),
    );
    expect(failed['bounded special values in x']).toMatch(/with Infinity in x, .* is 7, and its limit is Infinity/);
  });

  test('what is excluded is skipped with its reason; a name that does not exist is an error', () => {
    const options = { backend: reference, reference, samples: ofRelu };
    const [first] = specialValueChecks({ ...options, exclude: { 'relu special values in x': 'a reason' } });
    expect(first?.skip).toBe('a reason');
    expect(() => specialValueChecks({ ...options, exclude: { reluu: 'a reason' } })).toThrow("'reluu' is excluded");
  });
});
