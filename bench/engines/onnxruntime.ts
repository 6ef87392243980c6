// ONNX Runtime, native in Node (`node`) and as WebAssembly (`web`), on models that workloads build. Inference only.

import type { Workload } from '../workloads/workload.js';
import type { Engine, Prepared } from './engine.js';
import { inputName, OnnxGraph } from './onnx-graph.js';

interface OrtTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
  dispose?(): void;
}

interface Session {
  run(feeds: Record<string, OrtTensor>): Promise<{ readonly out: OrtTensor }>;
  release(): Promise<void>;
}

interface Ort {
  readonly env: {
    readonly wasm: { numThreads?: number };
    readonly versions: { readonly common: string; readonly node?: string; readonly web?: string };
  };
  readonly Tensor: new (type: 'float32', values: Float32Array, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
}

export function onnxruntime(kind: 'node' | 'web', threads: number): Engine {
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

    handles: (workload) => workload.onnx !== undefined,
    prepare: (workload) => prepare(ort, kind, threads, workload, workload.onnx!),
  };
}

async function prepare(
  ort: Ort,
  kind: 'node' | 'web',
  threads: number,
  { inputs }: Workload,
  { feeds: count = 1, graph: build }: NonNullable<Workload['onnx']>,
): Promise<Prepared> {
  const graph = new OnnxGraph(inputs, count);
  const model = graph.model(build(graph, ...graph.inputs()));
  // One provider only: a session that cannot run on it is refused, where a list would fall back.
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [kind === 'node' ? 'cpu' : 'wasm'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  });
  const feeds = Object.fromEntries(
    graph.fed().map((i) => {
      const { shape, values } = inputs[i]!;
      return [inputName(i), new ort.Tensor('float32', values() as Float32Array, shape)];
    }),
  );
  return {
    async run(times) {
      for (let i = 0; i < times; i++) (await session.run(feeds)).out.dispose?.();
    },
    async results() {
      const { out } = await session.run(feeds);
      return [{ shape: out.dims.map(Number), values: out.data.slice() }];
    },
    dispose() {
      void session.release();
    },
  };
}
