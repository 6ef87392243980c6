// Anomaly mode: every result is checked, and the first NaN or infinity is reported with the op that made it.

import { checkCall } from '../arguments/check-call.js';
import { currentContext, during, inContext } from '../context/context.js';
import type { AnyOp } from '../dispatch/define-op.js';
import { GradientError } from '../errors.js';
import { captureSite, describeSite } from '../memory/site.js';
import { isFloat } from '../tensor/dtype.js';
import { formatShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/** A call that is being differentiated, while backward runs in anomaly mode. */
export interface Differentiated {
  readonly name: string;
  readonly site: Error;
}

export function isDetectingAnomaly(): boolean {
  return currentContext().anomaly;
}

/** Names the forward call whose gradient `body` computes, for the message. */
export function whileDifferentiating<T>(name: string, site: Error | undefined, body: () => T): T {
  return site === undefined ? body() : during('differentiating', { name, site }, body);
}

/**
 * Runs `body` (forward, backward or both) and throws at the first NaN or infinity that an op makes from finite
 * inputs, naming the op, its shapes and the line that called it. Slow: every result is read back.
 *
 * @example
 * ```ts
 * import { detectAnomaly, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * try {
 *   detectAnomaly(() => tensor([1, 0]).log().sum());
 * } catch (error) {
 *   console.log(String(error)); // GradientError: log made -Infinity at index 1 …
 * }
 * ```
 */
export function detectAnomaly<T>(body: () => T): T {
  checkCall('detectAnomaly', arguments, ['body']);
  return inContext('detectAnomaly', startDetecting, body);
}

function startDetecting(context: { anomaly: boolean }): void {
  context.anomaly = true;
}

type Inputs = Readonly<Record<string, Tensor | readonly Tensor[] | undefined>>;

/** `fromFinite` tells of the inputs of an op that changes them; of others it is found out here. */
export function checkFinite(op: AnyOp, inputs: Inputs, outputs: readonly Tensor[], fromFinite?: boolean): void {
  for (const output of outputs) {
    const bad = firstNonFinite(output);
    if (bad === undefined) continue;
    // Masks of minus infinity are legitimate inputs: report only where the trouble arises, not where it passes through.
    if (!(fromFinite ?? areFinite(inputs))) continue;
    const shapes = named(inputs)
      .map(([name, tensor]) => `${name} ${formatShape(tensor.shape)}`)
      .join(', ');
    const { differentiating } = currentContext();
    const place =
      differentiating === undefined
        ? describeSite(captureSite(100))
        : `, in the gradient of ${differentiating.name}${describeSite(differentiating.site).replace(', at', ' called at')}`;
    throw new GradientError(
      `${op.name} made ${bad.value} at index ${bad.index} from finite inputs (${shapes})${place}`,
    );
  }
}

export function areFinite(inputs: Inputs): boolean {
  return named(inputs).every(([, tensor]) => firstNonFinite(tensor) === undefined);
}

function named(inputs: Inputs): [string, Tensor][] {
  return Object.entries(inputs).flatMap(([name, value]) =>
    value === undefined ? [] : Array.isArray(value) ? value.map((t, i) => [`${name}[${i}]`, t]) : [[name, value]],
  ) as [string, Tensor][];
}

function firstNonFinite(tensor: Tensor): { index: number; value: number } | undefined {
  if (!isFloat(tensor.dtype)) return undefined;
  const values = tensor.dataSync();
  const index = values.findIndex((value) => !Number.isFinite(value));
  return index < 0 ? undefined : { index, value: values[index]! };
}
