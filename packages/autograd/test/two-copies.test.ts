// Two loaded copies of packages: whatever one makes and the other is given, one sentence names both copies and the cure.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as checkpoint from '@dl/checkpoint';
import { cpu } from '@dl/kernels-cpu';
import { toTfjs } from '@dl/kernels-tfjs';
import * as layers from '@dl/layers';
import * as optim from '@dl/optim';
import * as testing from '@dl/testing';
import * as train from '@dl/train';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { activationCases } from '../../layers/test/activation-cases.js';
import { rearrangingCases } from '../../layers/test/rearranging-cases.js';
import { spatialCases } from '../../layers/test/spatial-cases.js';
import * as autograd from '../src/index.js';
import { allSamples } from '../src/samples.js';
import { copyPackages, importCopy } from './copy-packages.js';

const folder = mkdtempSync(join(tmpdir(), 'dl-copies-'));
const copied = join(folder, 'app/node_modules/@dl');
const older = join(folder, 'older/node_modules/@dl');
const names = ['autograd', 'kernels-cpu', 'layers', 'optim'];

/** Another copy of the four packages, all of one copy of autograd. */
interface Copies {
  readonly autograd: typeof autograd;
  readonly cpu: typeof cpu;
  readonly layers: typeof layers;
  readonly optim: typeof optim;
}

async function load(at: string): Promise<Copies> {
  return {
    autograd: await importCopy(at, 'autograd'),
    cpu: (await importCopy<{ cpu: typeof cpu }>(at, 'kernels-cpu')).cpu,
    layers: await importCopy(at, 'layers'),
    optim: await importCopy(at, 'optim'),
  };
}

let other: Copies;
let old: typeof autograd;
/** A leaf, and a backend, of the other copy. */
let foreign: autograd.Tensor;
let foreignBackend: autograd.Backend;
const warnings = vi.spyOn(console, 'warn').mockImplementation(() => {});

beforeAll(async () => {
  copyPackages(copied, names);
  copyPackages(older, ['autograd'], '0.0.7');
  await autograd.useBackend(cpu());
  other = await load(copied);
  old = await importCopy(older, 'autograd');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The sentence, after what it begins with. */
function sentence(name: string, at: string, version = '0.1.0'): RegExp {
  const theirs = join(at, name).replaceAll('.', '\\.');
  return new RegExp(
    `is of another copy of @dl/${name}: version ${version} in ${theirs} is loaded beside version 0\\.1\\.0 in \\S*/packages/${name}, ` +
      `and neither knows the other's tensors, modules and backends; let all packages share one \\(npm ls @dl/${name} .*npm dedupe.*alias\\)$`,
  );
}

const message = async (run: () => unknown): Promise<string> => {
  try {
    await run();
  } catch (error) {
    if (error instanceof autograd.DlError) return error.message;
    throw error;
  }
  return 'nothing was said';
};

describe('before the other copy has a backend', () => {
  test('what needs one says that another copy has it', async () => {
    const said = await message(() => {
      try {
        return other.autograd.ones([2]);
      } catch (error) {
        throw new autograd.DlError((error as Error).message);
      }
    });
    expect(said).toMatch(
      /^no backend chosen in this copy of @dl\/autograd: version 0\.1\.0 in \S*\/packages\/autograd is loaded beside/,
    );
    expect(said).toContain(join(copied, 'autograd'));
  });

  test('a backend of the other copy is refused', async () => {
    const backend = other.cpu();
    for (const run of [
      () => autograd.useBackend(backend),
      () => autograd.useBackend([backend]),
      () => autograd.withBackend(backend, () => {}),
      () => autograd.zeros([2], { backend }),
      () => autograd.tensor([2], { backend }),
      () => autograd.ones([1]).to(backend),
    ]) {
      expect(await message(run)).toMatch(sentence('autograd', copied));
    }
  });
});

test('the second copy that is used is told once, whatever it does first', async () => {
  warnings.mockClear();
  other.autograd.manualSeed(1);
  foreignBackend = await other.autograd.useBackend(other.cpu());
  await other.autograd.useBackend(foreignBackend);
  old.manualSeed(1);
  expect(warnings.mock.calls.length).toBe(1);
  expect(warnings.mock.calls[0]![0]).toMatch(/^There are two copies of @dl\/autograd: version 0\.1\.0 in .*alias\)\.$/);
  foreign = other.autograd.tensor([1, 2], { requiresGrad: true });
});

describe('what another copy made', () => {
  const x = (shape: readonly number[] = [2]): autograd.Tensor => other.autograd.ones(shape);

  test('with another version, both are named', async () => {
    const of = { [autograd.copyMark]: (old.Tensor.prototype as autograd.Tensor)[autograd.copyMark] };
    expect(await message(() => autograd.exp(of as never))).toMatch(sentence('autograd', older, '0.0.7'));
  });

  test.each(
    allSamples()
      .filter(({ cases }) => cases.length > 0)
      .map(({ op, cases }) => [op.name, op, cases[0]!] as const),
  )('a tensor: the op %s', async (_, op, sample) => {
    const inputs = testing.sampleTensors(sample, 'float32', autograd.currentBackend());
    const move = (value: autograd.Tensor): autograd.Tensor =>
      other.autograd.tensor({ data: value.dataSync(), shape: value.shape }, { dtype: value.dtype });
    const moved = Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [
        name,
        value === undefined ? value : 'shape' in value ? move(value as autograd.Tensor) : value.map(move),
      ]),
    );
    expect(await message(() => op.run(moved as never, { ...op.defaults, ...sample.attrs } as never))).toMatch(
      sentence('autograd', copied),
    );
  });

  const functions: Readonly<Record<string, () => unknown>> = {
    backward: () => autograd.backward(foreign),
    'backward, the gradient': () => autograd.ones([2], { requiresGrad: true }).mul(1).backward({ gradient: foreign }),
    gradients: () => autograd.gradients(foreign, [foreign]),
    'gradients, xs': () => autograd.gradients(autograd.ones([], { requiresGrad: true }).mul(1), [foreign]),
    grad: () => autograd.grad((each) => each.sum())(foreign),
    customGrad: () => autograd.customGrad((each) => ({ value: each, gradient: (dy) => [dy] }))(foreign),
    checkpoint: () => autograd.checkpoint((each) => each.sum(), foreign),
    graph: () => autograd.graph(foreign),
    tensor: () => autograd.tensor(foreign as never),
    onesLike: () => autograd.onesLike(foreign),
    randintLike: () => autograd.randintLike(foreign, 0, 3),
    categorical: () => autograd.categorical(foreign, 1),
    stack: () => autograd.stack([foreign]),
    sum: () => autograd.sum(foreign),
    'x + 1': () => autograd.add(foreign, 1),
    assign: () => autograd.zeros([2]).assign(foreign),
    'tensor.grad': () => {
      autograd.ones([2]).grad = foreign;
    },
    defineKernel: () => autograd.defineKernel(other.autograd.exp, () => {}),
    'a kernel for an op of another copy': () =>
      autograd.useBackend(cpu({ kernels: [other.autograd.defineKernel(other.autograd.exp, () => {})] })),
    'the option backend': () => autograd.rand([2], { backend: foreignBackend }),
    toTfjs: () => toTfjs(foreign),
    allClose: () => testing.allClose(foreign, [1, 2]),
    parameter: () => layers.parameter(foreign),
    buffer: () => layers.buffer(other.autograd.ones([2])),
    'a property of a module': () => {
      class Own extends layers.Module {
        scale = foreign;
        forward = (each: autograd.Tensor): autograd.Tensor => each;
      }
      return new Own().parameters();
    },
    loadStateDict: () => new layers.Linear(1, 2).loadStateDict({ weight: x([2, 1]), bias: foreign }),
    mseLoss: () => layers.mseLoss(foreign, foreign),
    ctcLoss: () => layers.ctcLoss(autograd.zeros([3, 1, 2]), x(), [3], [1]),
    laplacian: () => layers.laplacian(() => x([1, 1]), autograd.ones([1, 1])),
    clipGradNorm: () => {
      foreign.mul(2).sum().backward();
      return optim.clipGradNorm([foreign], 1);
    },
    EMA: () => new optim.EMA([foreign], { decay: 0.9 }).update(),
    'a state of an optimiser': () => {
      const optimizer = new optim.SGD([autograd.ones([2], { requiresGrad: true })], { lr: 1, momentum: 0.5 });
      optimizer.loadStateDict({ ...optimizer.stateDict(), state: [{ momentumBuffer: foreign }] });
    },
    closure: () => new optim.LBFGS([autograd.ones([2], { requiresGrad: true })]).step(() => foreign),
    evaluate: () =>
      train.evaluate(new layers.Linear(1, 1), batches(), { forward: () => foreign, loss: () => foreign } as never),
  };

  test.each(Object.entries(functions))('a tensor, an op or a backend: %s', async (_, run) => {
    expect(await message(run)).toMatch(sentence('autograd', copied));
  });

  test.each(
    Object.entries({ ...activationCases, ...rearrangingCases, ...spatialCases }).map(
      ([name, [first]]) => [name, first!] as const,
    ),
  )('a tensor: the layer %s', async (_, { make, input }) => {
    expect(await message(() => make({ dtype: 'float32' }).forward(x(input)))).toMatch(sentence('autograd', copied));
  });

  test('parameters: every optimiser', async () => {
    const bases = ['OptimizerBase', 'Optimizer', 'ClosureOptimizer', 'PerParameterOptimizer', 'ElementwiseOptimizer'];
    const optimisers = Object.entries<unknown>(optim).filter(
      (entry): entry is [string, new (params: unknown, options: unknown) => object] =>
        typeof entry[1] === 'function' && 'zeroGrad' in (entry[1].prototype ?? {}) && !bases.includes(entry[0]),
    );
    expect(optimisers.length).toBeGreaterThan(20);
    const matrix = other.autograd.tensor([[1, 2]], { requiresGrad: true });
    for (const [name, Optimiser] of optimisers) {
      if (name === 'Lookahead') continue; // takes an optimiser
      expect(await message(() => new Optimiser([matrix], { lr: 0.1 })), name).toMatch(sentence('autograd', copied));
    }
  });

  const model = () => new other.layers.Sequential(new other.layers.Linear(1, 1));
  const modules: Readonly<Record<string, () => unknown>> = {
    Sequential: () => new layers.Sequential(model() as never),
    ModuleList: () => new layers.ModuleList([model() as never]),
    isModule: () => layers.isModule(model()),
    weightNorm: () => layers.weightNorm(new other.layers.Linear(1, 1) as never),
    spectralNorm: () => layers.spectralNorm(new other.layers.Linear(1, 1) as never),
    'a property of a module': () => {
      class Own extends layers.Module {
        inner = model();
        forward = (each: autograd.Tensor): autograd.Tensor => each;
      }
      return new Own().parameters();
    },
    fit: async () => {
      const optimizer = new optim.SGD([autograd.ones([1], { requiresGrad: true })], { lr: 0.1 });
      for await (const _ of train.fit(model() as never, batches(), { optimizer }));
    },
    evaluate: () => train.evaluate(model() as never, batches()),
  };

  test.each(Object.entries(modules))('a module: %s', async (_, run) => {
    expect(await message(run)).toMatch(sentence('layers', copied));
  });

  const optimisers: Readonly<Record<string, () => unknown>> = {
    fit: async () => {
      const optimizer = new other.optim.SGD([foreign], { lr: 0.1 });
      for await (const _ of train.fit(new layers.Linear(1, 1), batches(), { optimizer: optimizer as never }));
    },
    SequentialLR: () => {
      const optimizer = new other.optim.SGD([foreign], { lr: 0.1 });
      const schedule = new other.optim.ExponentialLR(optimizer, { gamma: 0.9 });
      return new optim.SequentialLR(optimizer as never, [schedule as never], { milestones: [] } as never);
    },
    ChainedScheduler: () => {
      const optimizer = new other.optim.SGD([foreign], { lr: 0.1 });
      return new optim.ChainedScheduler([new other.optim.ExponentialLR(optimizer, { gamma: 0.9 }) as never]);
    },
  };

  test.each(Object.entries(optimisers))('an optimiser or a schedule: %s', async (_, run) => {
    expect(await message(run)).toMatch(sentence('optim', copied));
  });

  test('is saved as any other, which needs its values alone', () => {
    expect(checkpoint.toSafetensors({ x: foreign })).toEqual(checkpoint.toSafetensors({ x: autograd.tensor([1, 2]) }));
  });
});

test('the same file loaded anew, as by hot reloading, takes the place of the former copy without a word', async () => {
  warnings.mockClear();
  vi.resetModules();
  const anew = await import('../src/index.js');
  expect(() => anew.ones([1])).toThrow(/^no backend chosen: install @dl\/kernels-cpu/);
  anew.manualSeed(1);
  expect(warnings).not.toHaveBeenCalled();
  expect(() => anew.exp(autograd.ones([1]))).toThrow(
    /^exp: x was made before @dl\/autograd 0\.1\.0 in \S*\/packages\/autograd was loaded anew, as hot reloading does; make it anew, too$/,
  );
});

/** One batch, again and again. */
const batches = (): never =>
  ({
    async *[Symbol.asyncIterator]() {
      yield { x: { data: new Float32Array(1), shape: [1, 1] }, y: { data: new Float32Array(1), shape: [1, 1] } };
    },
  }) as never;
