// The engines that draw: ours and TensorFlow.js on WebGL 2, in one page. Each says how often it drew, because a library that
// computes on the host instead gives the same results.

import { type Tensor, useBackend, version, withBackend } from '@dl/autograd';
import { type GpuBackend, gpu } from '@dl/kernels-gpu';
import type { Workload } from '../workloads/workload.js';
import { inScope, prepareDl } from './dl.js';
import { callsToAScope, type Engine, inScopes, type Prepared } from './engine.js';
import { oursOnGpu, peerOnGpu, readableOnGpu } from './gpu-names.js';
import { prepareTfjs } from './tfjs.js';
import type { Tf, TfTensor } from './tfjs-api.js';

/** What a page can tell of its device. */
export interface DeviceInfo {
  readonly renderer: string;
  /** Drawn by a program on the CPU. */
  readonly isSoftware: boolean;
}

const software = /swiftshader|llvmpipe|softpipe|software|basic render/i;

export function describeRenderer(gl: WebGL2RenderingContext): DeviceInfo {
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(gl.getParameter(info === null ? gl.RENDERER : info.UNMASKED_RENDERER_WEBGL));
  return { renderer, isSoftware: software.test(renderer) };
}

/** Ours alone: without a fallback backend, an op that has no kernel there throws. */
export const dlGpu = (): Engine => dlOnGpu(oursOnGpu, 'glsl', 'webgl2');

/** The same with the kernels in gpu.js's own language. */
export const dlGpuJs = (): Engine => dlOnGpu(readableOnGpu, 'gpu.js', 'webgl2, kernels in gpu.js');

function dlOnGpu(name: string, language: 'glsl' | 'gpu.js', wanted: string): Engine {
  let backend: GpuBackend;
  return {
    name,
    isOurs: true,

    async start() {
      backend = gpu({ engine: 'webgl2', language });
      await useBackend(backend);
      const { engine, details } = backend.info();
      if (engine !== wanted || details['precision'] !== 'float32') {
        throw new Error(`${name}: it runs on ${engine} with ${details['precision']}`);
      }
      return `${version}, ${engine}, float32, ${describeRenderer(webGl2(backend.device.gl)).renderer}`;
    },

    handles: () => true,

    async prepare(workload) {
      const prepared = prepareDl(backend, workload);
      const calls = callsToAScope(workload);
      return {
        ...prepared,
        run: (count) =>
          withBackend(backend, () => {
            inScopes(count - 1, calls, inScope, prepared.call);
            // What is waited for runs on the CPU only.
            inScope(() => waitForOurs(prepared.call() as Exclude<ReturnType<typeof prepared.call>, Promise<unknown>>));
          }),
        results: () => asserted(name, webGl2(backend.device.gl), workload, () => prepared.results()),
      };
    },
  };
}

/** @param url of the module that `run/bundle.ts` made of tfjs-core, its gradients and the backend. */
export function tfjsGpu(url: string): Engine {
  let tf: Tf;
  return {
    name: peerOnGpu,

    async start() {
      tf = (await import(/* @vite-ignore */ url)) as Tf;
      tf.enableProdMode();
      await tf.setBackend('webgl');
      await tf.ready();
      if (tf.getBackend() !== 'webgl') throw new Error(`${peerOnGpu}: it runs on ${tf.getBackend()} instead`);
      const [webgl, float32] = [tf.env().get('WEBGL_VERSION'), tf.env().get('WEBGL_RENDER_FLOAT32_ENABLED')];
      if (webgl !== 2 || float32 !== true) {
        throw new Error(`${peerOnGpu}: it runs on WebGL ${webgl}, float32 ${float32}; ours on WebGL 2, float32 true`);
      }
      return `${tf.version_core}, webgl2, float32, ${describeRenderer(tf.backend().gpgpu.gl).renderer}`;
    },

    handles: (workload) => workload.tfjs !== undefined,

    async prepare(workload) {
      const prepared = prepareTfjs(tf, workload, workload.tfjs!);
      const calls = callsToAScope(workload);
      return {
        ...prepared,
        run(count) {
          inScopes(count - 1, calls, tf.tidy, prepared.call);
          tf.tidy(() => waitForTfjs(tf, prepared.call()));
        },
        results: () => asserted(peerOnGpu, tf.backend().gpgpu.gl, workload, () => prepared.results()),
      };
    },
  };
}

type Made<T> = T | readonly T[] | undefined;

function firstOf<T>(made: Made<T>): T {
  const first = Array.isArray(made) ? (made as readonly T[])[0] : (made as T | undefined);
  if (first === undefined) throw new Error('a workload for a GPU returns a tensor, for its end to be waited for');
  return first;
}

/**
 * Reads one element of the result, which is there when all is done that was asked for before. Without reshaping, for which
 * TensorFlow.js may move the whole tensor.
 */
function waitForOurs(made: Made<Tensor>): void {
  const result = firstOf(made).detach();
  const one = result.shape.length === 0 ? result : result.slice(result.shape.map(() => [0, 1] as const));
  one.dataSync();
}

function waitForTfjs(tf: Tf, made: Made<TfTensor>): void {
  const result = firstOf(made);
  const [zeros, ones] = [0, 1].map((value) => result.shape.map(() => value));
  const one = result.shape.length === 0 ? result : tf.slice(result, zeros!, ones!);
  one.dataSync();
}

function webGl2(gl: unknown): WebGL2RenderingContext {
  if (gl instanceof WebGL2RenderingContext) return gl;
  throw new Error(`${oursOnGpu}: its context is no WebGL 2`);
}

/** The results, once it is sure that they were drawn. */
async function asserted(
  name: string,
  gl: WebGL2RenderingContext,
  { name: workload }: Workload,
  results: () => ReturnType<Prepared['results']>,
): ReturnType<Prepared['results']> {
  const draws = countDraws(gl);
  try {
    const found = await results();
    if (draws.count() === 0) throw new Error(`${name}: it drew nothing for ${workload}, so it computed on the host`);
    return found;
  } finally {
    draws.stop();
  }
}

/** Counts how often a context draws, until it is stopped. */
export function countDraws(gl: WebGL2RenderingContext): { count(): number; stop(): void } {
  let count = 0;
  for (const name of ['drawArrays', 'drawElements'] as const) {
    const original = gl[name] as (...args: unknown[]) => void;
    Object.defineProperty(gl, name, {
      configurable: true,
      writable: true,
      value: (...args: unknown[]) => {
        count++;
        original.apply(gl, args);
      },
    });
  }
  return {
    count: () => count,
    stop() {
      // What stood on the prototype shows again.
      for (const name of ['drawArrays', 'drawElements'] as const) delete (gl as Partial<typeof gl>)[name];
    },
  };
}
