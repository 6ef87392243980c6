// TensorFlow.js on its `cpu` backend, as the ES modules that bundlers take.

import type { Workload } from '../workloads/workload.js';
import { type Engine, inScopes, type Prepared } from './engine.js';
import { fromChannelsLast, toChannelsLast } from './layouts.js';
import type { Tf, TfTensor } from './tfjs-api.js';

/** @param url of the module that `run/bundle.ts` made of tfjs-core, its gradients and the backend. */
export function tfjsCpu(url: string): Engine {
  let tf: Tf;
  return {
    name: 'tfjs cpu',

    async start() {
      tf = (await import(url)) as Tf;
      // Without checks of its own, and without the advice to install another package.
      tf.enableProdMode();
      await tf.setBackend('cpu');
      await tf.ready();
      if (tf.getBackend() !== 'cpu') throw new Error(`tfjs runs on ${tf.getBackend()}, not on cpu`);
      return tf.version_core;
    },

    prepare: (workload) => (workload.tfjs === undefined ? undefined : prepare(tf, workload, workload.tfjs)),
  };
}

function prepare(tf: Tf, { inputs, output = 'plain' }: Workload, tfjs: NonNullable<Workload['tfjs']>): Prepared {
  const make = (): (() => TfTensor | readonly TfTensor[] | undefined) =>
    tfjs(
      tf,
      ...inputs.map(({ shape, dtype, layout, values }) => {
        const block = toChannelsLast({ shape, values: values() }, layout);
        return tf.tensor(block.values, block.shape, dtype);
      }),
    );
  tf.engine().startScope();
  const call = make();
  return {
    run(count) {
      inScopes(count, tf.tidy, call);
    },
    async results() {
      tf.engine().startScope();
      const result = make()();
      const tensors = Array.isArray(result) ? (result as readonly TfTensor[]) : [result as TfTensor];
      const read = tensors.map((x, i) =>
        fromChannelsLast({ shape: x.shape, values: x.dataSync() }, i === 0 ? output : 'plain'),
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
