// Every column of the tables, in their order: ours, then the peers.

import { workloads } from '../workloads/index.js';
import { type Checkout, dlCheckout } from './checkout.js';
import { dlCpu, dlOnLess } from './dl.js';
import type { Engine } from './engine.js';
import { jaxWasm } from './jax.js';
import { type MicroKernel, microKernel } from './micro-kernel.js';
import { nltk } from './nltk.js';
import { npmPackage } from './npm.js';
import { onnxruntime } from './onnxruntime.js';
import { tfjs } from './tfjs.js';
import { torch } from './torch.js';

/** What the engines need to find their libraries. */
export interface Peers {
  /** The address of the bundle of TensorFlow.js, and the folder of its WebAssembly files. */
  readonly tfjs: { readonly url: string; readonly files: string };
  /** The version of jax-js, which does not say it. */
  readonly jax: string;
  readonly torch: { readonly python: string; readonly server: string };
  /** The program that runs NLTK, in the same Python. */
  readonly nltk: string;
  /** Where packages of npm are installed that are a column only beside workloads with a form for them. */
  readonly npm: string;
  /** Another checkout of this repository to compare with. */
  readonly checkout?: Checkout;
  /** Compiled micro-kernels, or why there are none. */
  readonly microKernel: { readonly wasm: string; readonly kernels: readonly MicroKernel[] } | string;
}

/** Ours to which peers are compared: the engine that programs get, by its number of threads. */
export const references: Readonly<Record<number, string>> = { 1: 'dl wasm 1 thread', 2: 'dl wasm 2 threads' };

/** The first of them on less data. */
export const onLess = 'dl, less data';

/** All of them, not yet started. The first is what all others must agree with. */
export function allEngines(peers: Peers): readonly Engine[] {
  const { python, server } = peers.torch;
  return [
    dlCpu({ name: references[1]!, engine: 'wasm relaxed-simd', threads: 1 }),
    dlCpu({ name: references[2]!, engine: 'wasm relaxed-simd', threads: 2 }),
    dlCpu({ name: 'dl wasm simd', engine: 'wasm simd', threads: 1 }),
    dlCpu({ name: 'dl typescript', engine: 'typescript', threads: 1 }),
    dlOnLess({ name: onLess, engine: 'wasm relaxed-simd', threads: 1 }),
    ...(peers.checkout === undefined ? [] : [dlCheckout(peers.checkout, 1)]),
    ceiling(peers.microKernel),
    tfjs('cpu', peers.tfjs.url, peers.tfjs.files),
    tfjs('wasm', peers.tfjs.url, peers.tfjs.files),
    jaxWasm(peers.jax),
    onnxruntime({ kind: 'web', threads: 1, torch: peers.torch }),
    onnxruntime({ kind: 'node', threads: 1, torch: peers.torch }),
    torch(1, python, server),
    torch(1, python, server, 'default'),
    torch(2, python, server),
    nltk(python, peers.nltk),
    ...npmNames().map((name) => npmPackage(name, peers.npm)),
  ];
}

function npmNames(): string[] {
  return [...new Set(workloads.flatMap(({ npm = {} }) => Object.keys(npm)))];
}

function ceiling(compiled: Peers['microKernel']): Engine {
  return typeof compiled === 'string' ? microKernel('', [], compiled) : microKernel(compiled.wasm, compiled.kernels);
}
