// Our own engines.

import { type Backend, scope, Tensor, tensor, useBackend, version, withBackend } from '@dl/autograd';
import { type CpuOptions, cpu } from '@dl/kernels-cpu';
import type { Workload } from '../workloads/workload.js';
import { callsToAScope, type Engine, inScopes, lastOf, type Prepared } from './engine.js';

interface Wanted {
  readonly name: string;
  /** What `info().engine` has to start with. */
  readonly engine: 'typescript' | 'wasm simd' | 'wasm relaxed-simd';
  readonly threads: number;
}

export function dlCpu({ name, engine, threads }: Wanted): Engine {
  let backend: Backend;
  return {
    name,
    isOurs: true,
    threads,

    async start() {
      // The option `threads` is newer than some versions of the backend; what came of it is asserted.
      const options = { engine, ...(engine !== 'typescript' && { threads }) };
      backend = await useBackend(cpu(options as CpuOptions));
      const running = backend.info().engine;
      const found = Number(/(\d+) threads?/.exec(running)?.[1] ?? 1);
      if (!running.startsWith(engine) || found !== threads) {
        throw new Error(`${name}: cpu({ engine: '${engine}', threads: ${threads} }) runs on '${running}'`);
      }
      return `${version}, ${running}`;
    },

    handles: ({ isPlain = false }) => !isPlain || (engine === 'wasm relaxed-simd' && threads === 1),
    prepare: (workload) => prepareDl(backend, workload),
  };
}

/** Ours on the smaller form of workloads that have one. Its results are others, and are not compared. */
export function dlOnLess(wanted: Wanted): Engine {
  const engine = dlCpu(wanted);
  return {
    ...engine,
    handles: ({ smaller }) => smaller !== undefined,
    prepare: async (workload) => ({
      ...(await engine.prepare({ ...workload, ...workload.smaller })),
      results: async () => [],
    }),
  };
}

/** The timed function itself. */
type Call = ReturnType<Workload['dl']>;

export function prepareDl(backend: Backend, workload: Workload): Prepared & { readonly call: Call } {
  const { inputs, dl, compareAfter = 1, isAsync = false } = workload;
  const make = () =>
    withBackend(backend, () =>
      dl(...inputs.map(({ shape, dtype, values }) => tensor({ data: values(), shape }, { dtype }))),
    );
  // Stays open until `dispose`: what is made before the timed part belongs to it.
  const outer = scope();
  const call = make();
  const calls = callsToAScope(workload);
  return {
    call,
    run(count) {
      if (!isAsync) return withBackend(backend, () => inScopes(count, calls, inScope, call));
      return withBackend(backend, async () => {
        for (let i = 0; i < count; i++) await call();
      });
    },
    async results() {
      using _ = scope();
      const again = make();
      if (isAsync) {
        const numbers = await withBackend(backend, again as () => Promise<ArrayLike<number> | undefined>);
        return numbers === undefined ? [] : [{ shape: [numbers.length], values: numbers }];
      }
      const result = withBackend(backend, () => lastOf(compareAfter, again)) as Exclude<
        ReturnType<Call>,
        Promise<unknown>
      >;
      const tensors = result instanceof Tensor ? [result] : (result ?? []);
      return tensors.map((x) => ({ shape: x.shape, values: x.dataSync() }));
    },
    dispose: () => outer.end(),
  };
}

export function inScope(body: () => void): void {
  const inner = scope();
  body();
  inner.end();
}
