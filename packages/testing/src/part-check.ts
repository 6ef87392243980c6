// Inputs that are parts of larger tensors, at odd places and amid garbage, give the very results that copies give, and the garbage
// stays what it is.

import {
  type AnyOp,
  type Backend,
  scope,
  sizeOf,
  type Tensor,
  type TypedArray,
  tensor,
  withBackend,
} from '@dl/autograd';
import type { SampleCase } from '@dl/autograd/samples';
import { checkAround, garbage, margins } from './displaced.js';
import { sampleGradients } from './sample-gradients.js';
import { type Place, runSample, sampleTensors } from './sample-inputs.js';

export async function checkParts(
  op: AnyOp,
  sample: SampleCase,
  float: 'float32' | 'float64',
  backend: Backend,
): Promise<void> {
  using _ = scope();
  const wholes: { whole: Tensor; values: TypedArray; before: number; size: number }[] = [];
  const place: Place = (values, shape, dtype) => {
    const size = sizeOf(shape);
    const { before, after } = margins(wholes.length);
    const all = garbage(dtype, before + size + after);
    all.set(values, before);
    const whole = tensor({ data: all, shape: [all.length] }, { dtype, backend });
    wholes.push({ whole, values, before, size });
    return whole.slice([[before, before + size]]).reshape(shape);
  };
  const results = (place?: Place): Tensor[] =>
    withBackend(backend, () => {
      const outputs = Object.values(runSample(op, sampleTensors(sample, float, backend, place), sample.attrs));
      if (op.declaration.grad === 'nondifferentiable') return outputs;
      const gradients = sampleGradients(op, sampleTensors(sample, float, backend, place), sample);
      return [...outputs, ...gradients.filter((gradient) => gradient !== undefined)];
    });
  const [expected, actual] = [results(), results(place)];
  for (const [i, each] of expected.entries()) {
    const [e, a] = [await each.data(), await actual[i]!.data()];
    const at = e.findIndex((value, j) => !Object.is(value, a[j]));
    if (at >= 0) throw new Error(`result ${i} is ${a[at]} at ${at} for parts of tensors, and ${e[at]} for tensors`);
  }
  for (const { whole, values, before, size } of wholes) {
    const now = await whole.data();
    checkAround(now, whole.dtype, before, size);
    const at = values.findIndex((value, i) => !Object.is(value, now[before + i]));
    if (at >= 0)
      throw new Error(`an input was changed where its part was: ${now[before + at]} for ${values[at]} at ${at}`);
  }
}
