// Is this GPU worth it? Compiling before it counts, timing a model on several backends, and taking the fastest.

import {
  ArgumentError,
  type Backend,
  BackendError,
  checkCall,
  currentBackend,
  currentBackends,
  defaultGenerator,
  Generator,
  gradients,
  type Known,
  type KnownOptions,
  randn,
  type Shape,
  scope,
  shown,
  sum,
  type Tensor,
  useBackend,
  withBackend,
  withGenerator,
} from '@dl/autograd';

/** What is asked of a model: the modules of @dl/layers have it. */
export interface Model {
  forward(x: Tensor): Tensor;
  parameters(): Iterable<Tensor>;
}

/** A model that can change its backend, as the modules of @dl/layers can. */
export interface MovableModel extends Model {
  to(backend: Backend): unknown;
}

/** One forward and one backward pass on random numbers; the gradients are thrown away. Resolves when the device is done. */
async function pass(model: Model, shape: Shape): Promise<void> {
  using _ = scope();
  const y = model.forward(randn(shape));
  const leaves = Array.from(model.parameters()).filter(({ requiresGrad }) => requiresGrad);
  const found = leaves.length === 0 ? [] : gradients(sum(y), leaves, { allowUnused: true });
  // Reading waits for the device; the results of a queue come in order.
  await ((found.findLast((gradient) => gradient !== undefined) ?? y) as Tensor).data();
}

/** Whatever happens, the random numbers that follow are those that would have followed. */
function undisturbed<T>(body: () => Promise<T>): Promise<T> {
  const generator = new Generator(0);
  generator.state = defaultGenerator().state;
  return withGenerator(generator, body);
}

/**
 * Compiles what a model will need, by one forward and one backward pass on random numbers of this shape, so that the first
 * step does not wait for it. Gradients and random numbers stay as they are; layers that keep statistics see the batch, so
 * call it in `eval()` mode where there are such.
 *
 * @returns How long it took, in milliseconds.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { gpu, warmup } from '@dl/kernels-gpu';
 * import { Linear } from '@dl/layers';
 * await useBackend([gpu(), cpu()]);
 * console.log(await warmup(new Linear(4, 2), [8, 4])); // milliseconds
 * ```
 */
export async function warmup(model: Model, shape: Shape): Promise<number> {
  checkCall('warmup', arguments, ['model', 'shape']);
  const started = performance.now();
  await undisturbed(() => pass(model, shape));
  return performance.now() - started;
}

/** How one backend did. */
export interface BackendTiming {
  readonly backend: Backend;
  readonly engine: string;
  /** Median of a forward and a backward pass, the result read back; milliseconds. */
  readonly step: number;
  /** The first pass, with everything that is compiled on the way. */
  readonly firstStep: number;
}

export interface CompareOptions {
  /** Default: the backend in use and those that it may fall back on. */
  readonly backends?: readonly Backend[];
  /** How many passes are timed on each. Default 5. */
  readonly steps?: number;
}

const compareOptions: Known<CompareOptions> = { backends: 'list', steps: 'number' };

/**
 * Times a forward and a backward pass of a model on several backends, with inputs of this shape. The model is moved
 * (`to(backend)`), and back at the end, so make optimisers afterwards.
 *
 * @returns One row for each backend, the fastest first.
 * @throws BackendError when there are fewer than two to compare.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { compareBackends } from '@dl/kernels-gpu';
 * import { Linear } from '@dl/layers';
 * const fast = await useBackend(cpu());
 * const readable = await useBackend(cpu({ engine: 'typescript' }));
 * const rows = await compareBackends(new Linear(64, 64), [32, 64], { backends: [fast, readable] });
 * for (const { engine, step } of rows) console.log(engine, `${step.toFixed(2)} ms`);
 * ```
 */
export async function compareBackends(
  model: MovableModel,
  shape: Shape,
  options: CompareOptions = {},
): Promise<BackendTiming[]> {
  checkCall('compareBackends', arguments, ['model', 'shape'], compareOptions);
  const { backends = currentBackends(), steps = 5 } = options;
  if (!Number.isInteger(steps) || steps < 1)
    throw new ArgumentError(`compareBackends: steps is ${shown(steps)}, needs a whole number of at least 1`);
  if (backends.length < 2) {
    throw new BackendError(
      'compareBackends: there is one backend only; start two, useBackend([gpu(), cpu()]), or name them: { backends }',
    );
  }
  const home = Array.from(model.parameters())[0]?.backend ?? currentBackend();
  return undisturbed(async () => {
    const rows: BackendTiming[] = [];
    try {
      for (const backend of backends) rows.push(await time(model, shape, backend, steps));
    } finally {
      await model.to(home);
    }
    return rows.sort((a, b) => a.step - b.step);
  });
}

async function time(model: MovableModel, shape: Shape, backend: Backend, steps: number): Promise<BackendTiming> {
  await model.to(backend);
  return withBackend(backend, async () => {
    const times: number[] = [];
    for (let i = 0; i <= steps; i++) {
      const started = performance.now();
      await pass(model, shape);
      times.push(performance.now() - started);
    }
    const [firstStep, ...others] = times;
    others.sort((a, b) => a - b);
    return { backend, engine: backend.engine, step: others[others.length >> 1]!, firstStep: firstStep! };
  });
}

const useFastestOptions: KnownOptions = { steps: 'number' };

/**
 * Starts those of `backends` that run here, times the model on each, moves it to the fastest, and leaves that in use, with
 * the others to fall back on.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { gpu, useFastest } from '@dl/kernels-gpu';
 * import { Linear } from '@dl/layers';
 * await useBackend(cpu());
 * const model = new Linear(64, 64);
 * const backend = await useFastest(model, [32, 64], [gpu(), cpu()]);
 * console.log(backend.info().engine); // what is faster on this machine
 * ```
 */
export async function useFastest(
  model: MovableModel,
  shape: Shape,
  backends: readonly Backend[],
  options: Omit<CompareOptions, 'backends'> = {},
): Promise<Backend> {
  checkCall('useFastest', arguments, ['model', 'shape', 'backends'], useFastestOptions);
  const chosen = await useBackend(backends);
  const running = backends.filter(({ started }) => started);
  if (running.length === 1) {
    await model.to(chosen);
    return chosen;
  }
  const rows = await compareBackends(model, shape, { ...options, backends: running });
  const order = rows.map(({ backend }) => backend);
  const fastest = await useBackend([...order, ...backends.filter((backend) => !running.includes(backend))]);
  await model.to(fastest);
  return fastest;
}
