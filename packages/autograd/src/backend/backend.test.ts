// Choosing a backend, and what happens when it cannot do something.

import { cpu } from '@dl/kernels-cpu';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PlainBackend, plainMul } from '../../test/plain-backend.js';
import {
  BackendError,
  type BufferHandle,
  coverage,
  currentBackend,
  type DType,
  defineOp,
  full,
  glu,
  gradients,
  hardSwish,
  logSoftmax,
  memory,
  mul,
  ones,
  scope,
  softmax,
  sum,
  tensor,
  useBackend,
  withBackend,
  zeros,
} from '../index.js';

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('useBackend', () => {
  test('takes the first that can run, and tells why the others cannot', async () => {
    const noDevice = new PlainBackend({
      name: 'gpu',
      start: () => {
        throw new Error('there is no WebGL here');
      },
    });
    const later = new PlainBackend({ name: 'remote', start: () => Promise.reject(new Error('nobody answers')) });
    const plain = new PlainBackend();
    const chosen = await useBackend([noDevice, later, plain]);
    expect(chosen).toBe(plain);
    expect(currentBackend()).toBe(plain);
    expect(chosen.info()).toEqual({
      name: 'plain',
      engine: 'typed arrays',
      passedOver: [
        { name: 'gpu', reason: 'there is no WebGL here' },
        { name: 'remote', reason: 'nobody answers' },
      ],
      details: {},
    });
    expect(ones([2]).backend).toBe(plain);
  });

  test('fails with every reason when none can run, and leaves the former one in use', async () => {
    const former = await useBackend(cpu());
    const broken = (name: string, reason: string): PlainBackend =>
      new PlainBackend({
        name,
        start: () => {
          throw new Error(reason);
        },
      });
    await expect(useBackend([broken('gpu', 'no WebGL'), broken('npu', 'no driver')])).rejects.toThrow(
      'useBackend: no backend can run here (gpu: no WebGL; npu: no driver)',
    );
    // Errors of a backend begin with its name; it is said once.
    await expect(useBackend(broken('gpu', 'gpu: no WebGL'))).rejects.toThrow(
      'useBackend: no backend can run here (gpu: no WebGL)',
    );
    const next = await useBackend([broken('gpu', 'gpu: no WebGL'), former]);
    expect(next.info().passedOver).toEqual([{ name: 'gpu', reason: 'no WebGL' }]);
    await expect(useBackend([])).rejects.toThrow('useBackend: no backend can run here (none was given)');
    expect(currentBackend()).toBe(former);
  });

  test('one that need not wait is in use at once', () => {
    const backend = new PlainBackend();
    void useBackend(backend);
    expect(currentBackend()).toBe(backend);
    expect(ones([2]).dataSync()).toEqual(Float32Array.of(1, 1));
  });

  test('waits for one that starts slowly, and starts it once', async () => {
    const start = vi.fn(() => new Promise<void>((resolve) => setTimeout(resolve, 5)));
    const slow = new PlainBackend({ start });
    await Promise.all([useBackend(slow), useBackend(slow)]);
    await useBackend(slow);
    expect(start).toHaveBeenCalledTimes(1);
  });

  test('one that failed to start is tried again', async () => {
    const start = vi.fn(() => (start.mock.calls.length === 1 ? Promise.reject(new Error('not yet')) : undefined));
    const slow = new PlainBackend({ start });
    await expect(useBackend(slow)).rejects.toThrow('useBackend: no backend can run here (plain: not yet)');
    expect(await useBackend(slow)).toBe(slow);
  });
});

describe('withBackend', () => {
  test('changes the backend for a block, and puts it back after errors and async bodies', async () => {
    const plain = new PlainBackend();
    await useBackend(plain);
    const main = await useBackend(cpu());
    expect(withBackend(plain, () => ones([1])).backend).toBe(plain);
    expect(currentBackend()).toBe(main);
    expect(() =>
      withBackend(plain, () => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(currentBackend()).toBe(main);
    const later = withBackend(plain, async () => {
      await Promise.resolve();
      return ones([1]);
    });
    expect((await later).backend).toBe(plain);
    expect(currentBackend()).toBe(main);
    await expect(withBackend(plain, () => Promise.reject(new Error('later')))).rejects.toThrow('later');
    expect(currentBackend()).toBe(main);
  });

  test('needs one that was started', () => {
    expect(() => withBackend(new PlainBackend(), () => ones([1]))).toThrow(
      'withBackend: the plain backend is not started; pass it to useBackend first',
    );
  });
});

describe('several backends', () => {
  test('mixing them is an error that says which input lives where', async () => {
    const plain = new PlainBackend();
    await useBackend(plain);
    const a = ones([2]);
    await useBackend(cpu());
    const b = ones([2]);
    expect(() => mul(a, b)).toThrow(BackendError);
    expect(() => mul(a, b)).toThrow(
      'mul: a lives on the plain backend and b on the cpu backend; move one with tensor.to(backend)',
    );
    expect(() => b.assign(a)).toThrow(
      'assign: the tensors live on different backends; move one with tensor.to(backend)',
    );
  });

  test('two backends of one name are told apart', async () => {
    const [first, second] = [new PlainBackend(), new PlainBackend()];
    await useBackend(first);
    const a = ones([2], { requiresGrad: true });
    await useBackend(second);
    const b = ones([2]);
    const words = 'one plain backend and';
    expect(() => mul(a, b)).toThrow(
      `mul: a lives on ${words} b on another, made by a second call of plain(); move one`,
    );
    expect(() => {
      a.grad = b;
    }).toThrow(`grad: the gradient lives on ${words} the tensor on another, made by a second call of plain(); move it`);
  });

  test('to() moves values there and gradients back', async () => {
    const plain = new PlainBackend();
    await useBackend(plain);
    const main = await useBackend(cpu());
    const x = tensor([1, 2, 3], { backend: plain, requiresGrad: true });
    const moved = x.to(main);
    expect(moved.backend).toBe(main);
    expect(moved.to(main).storage).toBe(moved.storage);
    moved.square().sum().backward();
    expect(x.grad!.backend).toBe(plain);
    expect(x.grad!.toArray()).toEqual([2, 4, 6]);
    expect(() => x.to(new PlainBackend({ name: 'other' }))).toThrow(
      'to: the other backend is not started; pass it to useBackend first',
    );
  });

  test('a tensor stays where its inputs live, whatever is in use', async () => {
    const plain = new PlainBackend({ kernels: [plainMul(() => {})] });
    await useBackend(plain);
    const x = ones([2]);
    await useBackend(cpu());
    expect(mul(x, 3).backend).toBe(plain);
    expect(x.mul(x).toArray()).toEqual([1, 1]);
  });
});

describe('an op without a kernel', () => {
  test('is made of others where it can be; those fall back, with one warning for each', async () => {
    const plain = new PlainBackend();
    const main = cpu();
    await useBackend([plain, main]);
    const values = [-4, -1, 0.5, 4];
    const x = tensor(values);
    const y = hardSwish(x);
    hardSwish(x);
    expect(y.backend).toBe(plain);
    const expected = withBackend(main, () => hardSwish(tensor(values)).toArray());
    expect(y.toArray()).toEqual(expected);
    const warnings = vi.mocked(console.warn).mock.calls.map(([message]) => message as string);
    expect(warnings.filter((message) => message.includes('mul'))).toEqual([
      '@dl/autograd: the plain backend has no kernel for mul; it runs on the cpu backend, with a copy each way. ' +
        'Add a kernel for it to the backend, or pass { strict: true } to useBackend to make this an error.',
    ]);
    expect(new Set(warnings).size).toBe(warnings.length);
    expect(warnings.some((message) => message.includes('hardSwish'))).toBe(false);
  });

  test('runs on its own kernel where there is one', async () => {
    let runs = 0;
    await useBackend([new PlainBackend({ kernels: [plainMul(() => runs++)] }), cpu()]);
    expect(mul(tensor([1, 2]), tensor([3, 4])).toArray()).toEqual([3, 8]);
    expect(runs).toBe(1);
    expect(console.warn).not.toHaveBeenCalled();
  });

  test('has gradients all the same', async () => {
    const plain = new PlainBackend();
    await useBackend([plain, cpu()]);
    const x = tensor([1, 2, 3], { requiresGrad: true });
    const [dx] = gradients(logSoftmax(x).slice([0]), [x]);
    expect(dx!.backend).toBe(plain);
    const total = Math.exp(1) + Math.exp(2) + Math.exp(3);
    const expected = [1, 2, 3].map((v, i) => (i === 0 ? 1 : 0) - Math.exp(v) / total);
    dx!.dataSync().forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
  });

  test('falling back leaves nothing in memory, also when the op fails', async () => {
    const [plain, main] = [new PlainBackend(), cpu()];
    await useBackend([plain, main]);
    const x = ones([2, 3]);
    const index = tensor([5], { dtype: 'int32' });
    const [before, live, used] = [memory().buffers, plain.live, main.info().details['usedBytes']];
    {
      using _ = scope();
      softmax(x);
    }
    expect(() => x.indexSelect(0, index)).toThrow('indexSelect: index 5 at position 0 is out of range');
    expect([memory().buffers, plain.live, main.info().details['usedBytes']]).toEqual([before, live, used]);
  });

  test('is an error in strict mode', async () => {
    await useBackend([new PlainBackend(), cpu()], { strict: true });
    expect(() => mul(ones([2]), ones([2]))).toThrow(
      'mul: the plain backend has no kernel for it, and it was chosen with { strict: true }; add the kernel, or leave strict out',
    );
  });

  test('is an error when there is no fallback backend, or when that has no kernel either', async () => {
    await useBackend(new PlainBackend());
    expect(() => mul(ones([2]), ones([2]))).toThrow(
      'mul: the plain backend has no kernel for it, and there is no fallback backend; name one after it: useBackend([plain(), cpu()])',
    );
    await useBackend([new PlainBackend(), new PlainBackend({ name: 'spare' })]);
    expect(() => mul(ones([2]), ones([2]))).toThrow(
      'mul: the plain backend has no kernel for it, and neither has the spare backend; register a kernel, or declare compose',
    );
  });

  test('views need no kernel anywhere', async () => {
    await useBackend(new PlainBackend());
    expect(ones([2, 3]).reshape([3, 2]).shape).toEqual([3, 2]);
    expect(console.warn).not.toHaveBeenCalled();
  });
});

describe('a backend with limits', () => {
  test('names the dtype that it does not have', async () => {
    await useBackend(new PlainBackend({ supports: (dtype) => dtype !== 'float64' }));
    expect(() => ones([2], { dtype: 'float64' })).toThrow(
      'ones: the plain backend has no float64 tensors; cast to float32, or use the CPU backend',
    );
  });

  test('that cannot be waited for is read with await', async () => {
    await useBackend(new PlainBackend({ canReadSync: false }));
    const x = ones([2]);
    expect(() => x.dataSync()).toThrow(
      'dataSync: the plain backend cannot wait for its device; use await tensor.data()',
    );
    expect(() => x.item()).toThrow('needs exactly one element');
    expect(await x.data()).toEqual(new Float32Array([1, 1]));
    expect(String(x)).toBe('Tensor([2], on plain)');
    expect(() => x.assign(ones([2]))).toThrow(
      'the plain backend does not say how to copy a buffer; it must override copy',
    );
  });
});

describe('coverage', () => {
  test('tells for each op and backend how it runs and where its gradient comes from', async () => {
    const [plain, main] = [new PlainBackend({ kernels: [plainMul(() => {})] }), cpu()];
    await useBackend([plain, main]);
    const custom = defineOp({
      name: 'custom',
      inputs: ['x'],
      infer: ({ x }) => x,
      grad: 'nondifferentiable',
    });
    const rows = coverage({ backends: [plain, main], ops: [mul, glu, sum, custom] });
    expect(rows).toEqual([
      { op: 'mul', backend: 'plain', forward: 'kernel', gradient: 'formula' },
      { op: 'mul', backend: 'cpu', forward: 'kernel', gradient: 'formula' },
      { op: 'glu', backend: 'plain', forward: 'composed', gradient: 'composed' },
      { op: 'glu', backend: 'cpu', forward: 'composed', gradient: 'composed' },
      { op: 'sum', backend: 'plain', forward: 'fallback', gradient: 'formula' },
      { op: 'sum', backend: 'cpu', forward: 'kernel', gradient: 'formula' },
      { op: 'custom', backend: 'plain', forward: 'missing', gradient: 'nondifferentiable' },
      { op: 'custom', backend: 'cpu', forward: 'missing', gradient: 'nondifferentiable' },
    ]);
  });

  test('the CPU backend lacks nothing', async () => {
    const main = await useBackend(cpu());
    const rows = coverage({ backends: [main] });
    expect(rows.filter(({ forward }) => forward !== 'kernel' && forward !== 'composed')).toEqual([]);
    expect(rows.length).toBeGreaterThan(80);
  });
});

describe('what is no backend', () => {
  test.each([
    [cpu, /^useBackend: the backend is the function cpu, needs a backend; call it: cpu\(\)$/],
    ['cpu', /^useBackend: the backend is 'cpu', needs a backend, such as cpu\(\) of @dl\/kernels-cpu makes$/],
    [undefined, /^useBackend: the backend is undefined, needs a backend, such as/],
    [[null], /^useBackend: the backend is null, needs a backend, such as/],
  ])('is refused in one sentence', async (value, sentence) => {
    await expect(useBackend(value as never)).rejects.toThrow(sentence);
  });
});

describe('fill', () => {
  class FillingBackend extends PlainBackend {
    readonly filled: [number, DType, number][] = [];

    override fill(handle: BufferHandle, value: number, dtype: DType, size: number): void {
      this.filled.push([value, dtype, size]);
      super.fill(handle, value, dtype, size);
    }
  }

  test('makes constants, on the host where a backend does not say how', async () => {
    const backend = new FillingBackend();
    await useBackend(backend);
    using _ = scope();
    expect(zeros([2]).toArray()).toEqual([0, 0]);
    expect(ones([2, 1], { dtype: 'int32' }).toArray()).toEqual([[1], [1]]);
    expect(full([3], 0.25, { dtype: 'float64' }).toArray()).toEqual([0.25, 0.25, 0.25]);
    expect(backend.filled).toEqual([
      [0, 'float32', 2],
      [1, 'int32', 2],
      [0.25, 'float64', 3],
    ]);
  });
});

// Last: backends of the modules from before would load parts of the new ones.
test('before useBackend, making a tensor says what to do', async () => {
  vi.resetModules();
  const fresh = await import('../index.js');
  expect(() => fresh.zeros([2])).toThrow(
    'no backend chosen: install @dl/kernels-cpu, then call useBackend(cpu()) before making tensors',
  );
});
