// ONNX Runtime, native in Node (`node`) and as WebAssembly (`web`), on models that workloads build or PyTorch exports. Inference only.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OnnxModel, OnnxTensor, Workload } from '../workloads/workload.js';
import type { Engine, Prepared } from './engine.js';
import { inputName, OnnxGraph } from './onnx-graph.js';
import { PythonProcess, writeInputs } from './python.js';

interface Session {
  run(feeds: Readonly<Record<string, OnnxTensor>>): Promise<Readonly<Record<string, OnnxTensor>>>;
  release(): Promise<void>;
}

interface Ort {
  readonly env: {
    readonly wasm: { numThreads?: number };
    readonly versions: { readonly common: string; readonly node?: string; readonly web?: string };
  };
  readonly Tensor: new (
    type: 'float32' | 'int64',
    values: Float32Array | BigInt64Array,
    dims: readonly number[],
  ) => OnnxTensor;
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
}

interface Runtime {
  readonly kind: 'node' | 'web';
  readonly threads: number;
  /** Who exports models, and how. */
  readonly torch: { readonly python: string; readonly server: string };
}

export function onnxruntime(runtime: Runtime): Engine {
  const { kind, threads } = runtime;
  let ort: Ort;
  return {
    name: `onnxruntime ${kind}`,
    threads,

    async start() {
      const name: string = `onnxruntime-${kind}`;
      const module = (await import(name)) as Ort & { readonly default?: Ort };
      ort = module.default ?? module;
      if (kind === 'web') ort.env.wasm.numThreads = threads;
      const version = ort.env.versions[kind];
      if (version === undefined) throw new Error(`onnxruntime ${kind}: the module that was loaded is another one`);
      return `${version}, ${kind === 'web' ? 'wasm simd' : 'native'}, ${threads} thread`;
    },

    handles: (workload) => workload.onnx !== undefined || workload.exported !== undefined,
    prepare: (workload) =>
      workload.exported === undefined
        ? prepareGraph(ort, runtime, workload, workload.onnx!)
        : prepareExported(ort, runtime, workload, workload.exported),
  };
}

/** One provider only: a session that cannot run on it is refused, where a list would fall back. */
function sessionOf(ort: Ort, { kind, threads }: Runtime, model: Uint8Array): Promise<Session> {
  return ort.InferenceSession.create(model, {
    executionProviders: [kind === 'node' ? 'cpu' : 'wasm'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  });
}

async function prepareGraph(
  ort: Ort,
  runtime: Runtime,
  { inputs }: Workload,
  { feeds: count = 1, graph: build }: NonNullable<Workload['onnx']>,
): Promise<Prepared> {
  const graph = new OnnxGraph(inputs, count);
  const session = await sessionOf(ort, runtime, graph.model(build(graph, ...graph.inputs())));
  const feeds = Object.fromEntries(
    graph.fed().map((i) => {
      const { shape, values } = inputs[i]!;
      return [inputName(i), new ort.Tensor('float32', values() as Float32Array, shape)];
    }),
  );
  return {
    async run(times) {
      for (let i = 0; i < times; i++) (await session.run(feeds))['out']!.dispose?.();
    },
    async results() {
      const out = (await session.run(feeds))['out']!;
      return [{ shape: out.dims.map(Number), values: out.data.slice() }];
    },
    dispose() {
      void session.release();
    },
  };
}

async function prepareExported(
  ort: Ort,
  runtime: Runtime,
  { inputs }: Workload,
  { torch: source, call: prepare }: NonNullable<Workload['exported']>,
): Promise<Prepared> {
  const session = await sessionOf(ort, runtime, await exportModel(runtime, inputs, source.trim()));
  const model: OnnxModel = {
    run: (feeds) => session.run(feeds),
    floats: (values, shape) => new ort.Tensor('float32', values, shape),
    integers: (values, shape) => new ort.Tensor('int64', BigInt64Array.from(values, BigInt), shape),
  };
  const call = prepare(model);
  return {
    async run(times) {
      for (let i = 0; i < times; i++) await call();
    },
    async results() {
      const values = await call();
      return [{ shape: [values.length], values }];
    },
    dispose() {
      void session.release();
    },
  };
}

/** The bytes of a model that PyTorch writes. */
async function exportModel(
  { kind, torch: { python, server } }: Runtime,
  inputs: Workload['inputs'],
  source: string,
): Promise<Uint8Array> {
  const child = new PythonProcess(`onnxruntime ${kind}: the export of PyTorch`, python, server, 1, {});
  try {
    const file = join(child.folder, 'model.onnx');
    await child.ask({ do: 'export', source, inputs: writeInputs(child.folder, inputs), file });
    return readFileSync(file);
  } finally {
    child.end();
  }
}
