// jax-js on its `wasm` backend.

import type { Workload } from '../workloads/workload.js';
import type { Engine, Prepared } from './engine.js';
import type { Jax, JaxArray, JaxTree } from './jax-api.js';

export function jaxWasm(version: string): Engine {
  let jax: Jax;
  return {
    name: 'jax-js wasm',

    async start() {
      // The name is no literal, so that types and bundles do without the package.
      const name: string = '@jax-js/jax';
      jax = (await import(name)) as Jax;
      const ready = await jax.init('wasm');
      if (!ready.includes('wasm')) throw new Error(`jax-js wasm: only ${ready.join(', ')} can run here`);
      jax.defaultDevice('wasm');
      const probe = jax.numpy.array(new Float32Array(4));
      const { device } = probe;
      probe.dispose();
      if (device !== 'wasm') throw new Error(`jax-js wasm: it runs on ${device} instead`);
      return version;
    },

    handles: (workload) => workload.jax !== undefined,
    prepare: (workload) => prepare(jax, workload, workload.jax!),
  };
}

function prepare(jax: Jax, { inputs, compareAfter = 1 }: Workload, make: NonNullable<Workload['jax']>): Prepared {
  const making = (): (() => JaxTree) =>
    make(
      jax,
      ...inputs.map(({ shape, values }) => {
        const flat = jax.numpy.array(values());
        return flat.reshape([...shape]);
      }),
    );
  const call = making();
  return {
    async run(count) {
      for (let i = 0; i < count; i++) {
        const made = call();
        await jax.blockUntilReady(made);
        jax.tree.dispose(made);
      }
    },
    async results() {
      const again = making();
      for (let i = 1; i < compareAfter; i++) jax.tree.dispose(again());
      // A step gives its loss, then the new parameters, which others do not return.
      const leaves: JaxArray[] = jax.tree.leaves(again()).slice(0, compareAfter > 1 ? 1 : undefined);
      const read = [];
      for (const x of leaves) {
        if (x.device !== 'wasm') throw new Error(`jax-js wasm: a result came from ${x.device} instead`);
        read.push({ shape: [...x.shape], values: await x.data() });
      }
      return read;
    },
    // What the arrays hold goes with the process.
    dispose: () => undefined,
  };
}
