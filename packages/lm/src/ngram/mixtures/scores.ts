// What step models give, from several of them at once: numbers on the host stay there, tensors on their backend.

import { ArgumentError, type Backend, type DType, isFloat, stack, Tensor, tensor } from '@dl/autograd';
import type { NextToken, StepModel } from '@dl/layers';

export type Scores = NextToken<unknown>['logProbabilities'];

/**
 * log Σ weight · p, of the logarithms of p and of the weights; [batch, size] each. Of tensors a tensor, on the backend of the first one, otherwise numbers
 * on the host.
 */
export function logMixture(parts: readonly Scores[], logWeights: readonly number[], size: number): Scores {
  const first = parts.find((part) => part instanceof Tensor);
  if (first === undefined) return onHost(parts as readonly Float64Array[], logWeights);
  const dtype = isFloat(first.dtype) ? first.dtype : 'float32';
  const shifted = parts.map((part, i) => asTensor(part, size, first.backend, dtype).add(logWeights[i]!));
  return stack(shifted).logSumExp(0);
}

function onHost(parts: readonly (Float32Array | Float64Array)[], logWeights: readonly number[]): Float64Array {
  const result = new Float64Array(parts[0]!.length);
  for (let at = 0; at < result.length; at++) {
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < parts.length; i++) most = Math.max(most, logWeights[i]! + parts[i]![at]!);
    let sum = 0;
    // What is impossible everywhere would leave NaN.
    const shift = most === Number.NEGATIVE_INFINITY ? 0 : most;
    for (let i = 0; i < parts.length; i++) sum += Math.exp(logWeights[i]! + parts[i]![at]! - shift);
    result[at] = shift + Math.log(sum);
  }
  return result;
}

function asTensor(part: Scores, size: number, backend: Backend, dtype: DType): Tensor {
  if (!(part instanceof Tensor)) {
    return tensor(part, { dtype, backend }).reshape([part.length / size, size]);
  }
  const here = part.backend === backend ? part : part.to(backend);
  return here.dtype === dtype ? here : here.cast(dtype);
}

/** What is no model, or one of another vocabulary, is told. */
export function checkModels(what: string, models: readonly StepModel[]): void {
  if (!Array.isArray(models) || models.length === 0) {
    throw new ArgumentError(`${what}: got no models, needs a list of at least 1`);
  }
  const first = models[0]!.vocabularySize;
  for (const [i, model] of models.entries()) {
    if (typeof model?.start !== 'function' || typeof model.step !== 'function') {
      throw new ArgumentError(`${what}: model ${i} has no start() and step(), needs a StepModel`);
    }
    if (model.vocabularySize !== first) {
      throw new ArgumentError(
        `${what}: model ${i} has ${model.vocabularySize} tokens and model 0 has ${first}; all need the same vocabulary`,
      );
    }
  }
}
