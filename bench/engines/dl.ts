// Our own engines.

import { type Backend, scope, Tensor, tensor, useBackend, version, withBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import type { Workload } from '../workloads/workload.js';
import { type Engine, inScopes, type Prepared } from './engine.js';

export function dlCpu(engine: 'typescript' | 'wasm'): Engine {
  let backend: Backend;
  return {
    name: `dl ${engine}`,
    isOurs: true,

    async start() {
      backend = await useBackend(cpu({ engine }));
      const running = backend.info().engine;
      if (!running.startsWith(engine)) throw new Error(`dl runs on ${running}, not on ${engine}`);
      return `${version}, ${running}`;
    },

    prepare: (workload) => prepare(backend, workload),
  };
}

function prepare(backend: Backend, { inputs, dl }: Workload): Prepared {
  const make = () =>
    withBackend(backend, () =>
      dl(...inputs.map(({ shape, dtype, values }) => tensor({ data: values(), shape }, { dtype }))),
    );
  // Stays open until `dispose`: what is made before the timed part belongs to it.
  const outer = scope();
  const call = make();
  return {
    run(count) {
      withBackend(backend, () => inScopes(count, inScope, call));
    },
    async results() {
      using _ = scope();
      const result = withBackend(backend, make());
      const tensors = result instanceof Tensor ? [result] : (result ?? []);
      return tensors.map((x) => ({ shape: x.shape, values: x.dataSync() }));
    },
    dispose: () => outer.end(),
  };
}

function inScope(body: () => void): void {
  const inner = scope();
  body();
  inner.end();
}
