// What the WebAssembly kernels leave to TypeScript of the float32 samples of their ops.

import { type AnyOp, scope, useBackend } from '@dl/autograd';
import { allSamples, type SampleCase, type SampleInput } from '@dl/autograd/samples';
import type { CpuBackend } from '@dl/kernels-cpu';
import { runSample, sampleTensors } from '@dl/testing';
import { typescriptKernels } from '../src/typescript/index.js';

/** The reason of an op that has no WebAssembly kernel: all its samples run in TypeScript. */
export const notYet = 'no WebAssembly kernel yet';

/** Why a kernel leaves some of the samples to TypeScript. All others take all of them. */
export const reasons: Readonly<Record<string, string>> = {
  crfLogPartition: notYet,
  crfLogPartitionGrad: notYet,
  normalizeBatch: 'without eps a constant channel is a division by 0',
  prod: 'axes with others between them',
  prodOfOthers: 'axes with others between them',
  any: 'axes with others between them',
  all: 'axes with others between them',
  softmaxGrad: 'an axis that is not the last',
  logSoftmaxGrad: 'an axis that is not the last',
};

export interface Left {
  readonly op: string;
  /** How many of the samples ran in TypeScript. */
  readonly left: number;
  readonly of: number;
}

/** Runs the float32 samples of every op (all of them, of one that takes no floats) on a backend whose engine is WebAssembly. */
export async function leftToTypescript(backend: CpuBackend): Promise<readonly Left[]> {
  await useBackend(backend);
  const readable = new Map<AnyOp, unknown>(typescriptKernels().map(({ op, run }) => [op, run]));
  return allSamples()
    .filter(({ op }) => readable.has(op))
    .map(({ op, cases }) => {
      const floats = cases.filter(takesFloats);
      const tried = floats.length > 0 ? floats : cases;
      const before = timesLeft(backend, op);
      for (const sample of tried) {
        using _ = scope();
        runSample(op, sampleTensors(sample, 'float32', backend), sample.attrs);
      }
      const isReadable = backend.kernels.get(op) === readable.get(op);
      return { op: op.name, left: isReadable ? tried.length : timesLeft(backend, op) - before, of: tried.length };
    });
}

/** As `info()` tells it: `prod 2, any 1`. */
function timesLeft(backend: CpuBackend, op: AnyOp): number {
  const { leftToTypescript: told = '' } = backend.info().details;
  const own = String(told)
    .split(', ')
    .find((each) => each.startsWith(`${op.name} `));
  return own === undefined ? 0 : Number(own.slice(op.name.length + 1));
}

function takesFloats({ inputs }: SampleCase): boolean {
  return Object.values(inputs).some((input) => input !== undefined && isFloat(input));
}

function isFloat(input: SampleInput | readonly SampleInput[]): boolean {
  if (Array.isArray(input)) return input.length > 0 && isFloat(input[0] as SampleInput);
  if (typeof input !== 'object') return typeof input === 'number';
  return ((input as { dtype?: string }).dtype ?? 'float32') === 'float32';
}
