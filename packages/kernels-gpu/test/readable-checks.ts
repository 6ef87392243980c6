// What the suite asks of a backend with kernels in gpu.js's language, without what it asks of the same kernels in GLSL elsewhere.

import { allSamples } from '@dl/autograd/samples';
import { cpu } from '@dl/kernels-cpu';
import type { GpuBackend } from '@dl/kernels-gpu';
import { type Check, conformance, specialValueChecks } from '@dl/testing';
import { readableKernels } from '../src/readable/index.js';
import { limits } from './limits.js';

/**
 * All checks of ops that have a kernel in gpu.js. Of those without any kernel, which run by others, values and gradients; of those whose kernel is
 * in GLSL gradients, which are written in ops of both kinds; axes beyond those of their samples run no other kernel. The rest of theirs runs no kernel in gpu.js, or one that has been
 * checked for the same: it is what is checked of the backend with kernels in GLSL alone.
 */
export function readableChecks(backend: GpuBackend): Check[] {
  const readable = new Set<unknown>(readableKernels.map(({ op }) => op));
  const ops = allSamples().map(({ op }) => op);
  const named = (which: (op: (typeof ops)[number]) => boolean): Set<string> =>
    new Set(ops.filter(which).map(({ name }) => name));
  const ownOps = named((op) => readable.has(op));
  const composed = named((op) => !backend.kernels.has(op));
  const opOf = ({ name }: Check): string => name.split(' ')[0]!;
  const isWanted = (check: Check): boolean =>
    ownOps.has(opOf(check)) ||
    / gradient float32$/.test(check.name) ||
    (composed.has(opOf(check)) && / values /.test(check.name));
  const reference = cpu({ engine: 'typescript' });
  return [
    ...conformance({ backend, reference, ...limits }).filter(isWanted),
    ...specialValueChecks({ backend, reference })
      .filter((check) => ownOps.has(opOf(check)))
      .map(({ name, ...check }) => ({ ...check, name: `special values: ${name}` })),
  ];
}
