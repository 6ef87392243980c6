// The gradients of an op on sample tensors.

import { type AnyOp, gradients, type Tensor } from '@dl/autograd';
import type { SampleCase } from '@dl/autograd/samples';
import { leavesOf, runSample, type SampleTensors } from './sample-inputs.js';

/** A number that depends on every float output, so that one backward goes through all of them. */
function total(outputs: Readonly<Record<string, Tensor>>): Tensor | undefined {
  return Object.values(outputs)
    .filter((output) => output.requiresGrad)
    .map((output) => output.mul(output.detach().mul(0.25).add(1)).sum())
    .reduce<Tensor | undefined>((sum, term) => (sum === undefined ? term : sum.add(term)), undefined);
}

/** The gradient of each float input, in order, when every output counts. */
export function sampleGradients(op: AnyOp, tensors: SampleTensors, sample: SampleCase): (Tensor | undefined)[] {
  const { leaves, withLeaves } = leavesOf(op, tensors);
  const value = total(runSample(op, withLeaves, sample.attrs));
  if (value === undefined) return leaves.map(() => undefined);
  return gradients(value, leaves, { allowUnused: true });
}
