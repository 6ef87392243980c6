// TensorFlow.js on its `cpu` and `wasm` backends in Node, as the ES modules that bundlers take.

import type { Workload } from '../workloads/workload.js';
import { callsToAScope, type Engine, inScopes, lastOf, type Prepared } from './engine.js';
import { fromChannelsLast, toChannelsLast } from './layouts.js';
import type { Tf, TfTensor } from './tfjs-api.js';

/**
 * @param url of the module that `run/bundle.ts` made of tfjs-core, its gradients and the backends.
 * @param files the folder of the WebAssembly files, for `wasm`.
 */
export function tfjs(backend: 'cpu' | 'wasm', url: string, files: string): Engine {
  let tf: Tf;
  return {
    name: `tfjs ${backend}`,

    async start() {
      // Each backend has an instance of the library to itself: one holds tensors of one backend at a time.
      tf = (await import(`${url}?${backend}`)) as Tf;
      // Without checks of its own, and without the advice to install another package.
      tf.enableProdMode();
      if (backend === 'wasm') tf.setWasmPaths(`${files}/`);
      await tf.setBackend(backend);
      await tf.ready();
      if (tf.getBackend() !== backend) throw new Error(`tfjs ${backend}: it runs on ${tf.getBackend()} instead`);
      if (backend === 'wasm' && !(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) {
        throw new Error('tfjs wasm: it runs without SIMD here');
      }
      return `${tf.version_core}${backend === 'wasm' ? ', simd, 1 thread' : ''}`;
    },

    handles: (workload) => workload.tfjs !== undefined,
    prepare: (workload) => prepareTfjs(tf, workload, workload.tfjs!),
  };
}

type Form = NonNullable<Workload['tfjs']>;

export function prepareTfjs(tf: Tf, workload: Workload, make: Form): Prepared & { readonly call: ReturnType<Form> } {
  const { inputs, output = 'plain', compareAfter = 1 } = workload;
  const layouts = typeof output === 'string' ? [output] : output;
  const making = (): ReturnType<Form> =>
    make(
      tf,
      ...inputs.map(({ shape, dtype, layout, values }) => {
        const block = toChannelsLast({ shape, values: values() }, layout);
        return tf.tensor(block.values, block.shape, dtype);
      }),
    );
  tf.engine().startScope();
  const call = making();
  const calls = callsToAScope(workload);
  return {
    call,
    run(count) {
      inScopes(count, calls, tf.tidy, call);
    },
    async results() {
      tf.engine().startScope();
      const result = lastOf(compareAfter, making());
      const tensors = Array.isArray(result) ? (result as readonly TfTensor[]) : [result as TfTensor];
      const read = tensors.map((x, i) =>
        fromChannelsLast({ shape: x.shape, values: x.dataSync() }, layouts[i] ?? 'plain'),
      );
      tf.engine().endScope();
      return read;
    },
    dispose() {
      tf.engine().endScope();
      tf.disposeVariables();
    },
  };
}
