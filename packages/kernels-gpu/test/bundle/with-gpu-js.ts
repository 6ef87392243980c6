// A page of the bundle test: the kernels in gpu.js's own language, and one of one's own, as a text and as a function.

import { defineKernel, neg, tensor, useBackend } from '@dl/autograd';
import { type GpuJsSource, type GpuJsThread, gpu, gpuJsProgram, runGpuJs } from '@dl/kernels-gpu';
import { families } from './families.js';

const text = `function (x, scale) {
  const value = x[this.thread.x];
  if (value > 1) {
    return scale * value;
  }
  return value;
}`;

async function own(source: GpuJsSource): Promise<unknown> {
  const what = gpuJsProgram('own', { textures: ['x'], floats: ['scale'] }, source);
  await useBackend(gpu({ kernels: [defineKernel(neg, ({ x, y }) => runGpuJs(what, y, [x], [], [10]))] }));
  return Array.from(await tensor([1, 2, 3]).neg().data());
}

async function main(): Promise<unknown> {
  const backend = gpu({ language: 'gpu.js' });
  const ran = new Set<string>();
  const { run } = backend;
  backend.run = (...args) => {
    if (args[0].unit === 'element') ran.add(args[0].name.split(' ')[0]!);
    run.apply(backend, args);
  };
  await useBackend(backend, { strict: true });
  const values = await families(backend);
  const { engine } = backend.info();
  const shortened = await own(function (this: GpuJsThread, x: number[], scale: number) {
    return scale * x[this.thread.x]!;
  }).catch((error: unknown) => String(error));
  return { engine, values, ran: [...ran], own: await own(text), shortened };
}

const answer = main().catch((error: unknown) => ({ error: String(error) }));
Object.assign(globalThis, { answer });
