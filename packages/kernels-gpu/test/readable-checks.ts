// What the suite asks of a backend with kernels in gpu.js's language, without what it asks of the same kernels in GLSL elsewhere.

import { allSamples } from '@dl/autograd/samples';
import { cpu } from '@dl/kernels-cpu';
import type { GpuBackend } from '@dl/kernels-gpu';
import { type Check, conformance, specialValueChecks } from '@dl/testing';
import { readableKernels } from '../src/readable/index.js';
import { limits } from './limits.js';

/**
 * All checks of ops that have a kernel in gpu.js, and of those without any kernel, which run by others; of ops whose kernel is in
 * GLSL those of gradients, which are written in ops of both kinds. The rest of theirs runs no kernel in gpu.js: it is
 * what is checked of the backend with kernels in GLSL alone.
 */
export function readableChecks(backend: GpuBackend): Check[] {
  const readable = new Set<unknown>(readableKernels.map(({ op }) => op));
  const ops = allSamples().map(({ op }) => op);
  const inGlsl = new Set(ops.filter((op) => backend.kernels.has(op) && !readable.has(op)).map(({ name }) => name));
  const isInGlsl = ({ name }: Check): boolean => inGlsl.has(name.split(' ')[0]!);
  const reference = cpu({ engine: 'typescript' });
  return [
    ...conformance({ backend, reference, ...limits }).filter(
      (check) => !isInGlsl(check) || / gradient /.test(check.name),
    ),
    ...specialValueChecks({ backend, reference })
      .filter((check) => !isInGlsl(check))
      .map(({ name, ...check }) => ({ ...check, name: `special values: ${name}` })),
  ];
}
