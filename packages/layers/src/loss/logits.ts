// What the losses of yes and no share: cross-entropy of each logit by itself, and the weights that stretch over it.

import {
  ArgumentError,
  add,
  broadcastShapes,
  formatShape,
  madeBy,
  mul,
  neg,
  ShapeError,
  softplus,
  sub,
  type Tensor,
} from '@dl/autograd';
import { asTarget, needAlike, needFloats, needRange } from './reduction.js';

/** (1 - y) x + (1 + (posWeight - 1) y) log(1 + e^-x) times the weight, for each logit x and target y. */
export function lossesOfLogits(
  name: string,
  input: Tensor,
  target: Tensor,
  { weight, posWeight }: { readonly weight?: Tensor | undefined; readonly posWeight?: Tensor | undefined },
): Tensor {
  const y = asTarget(target, input);
  needAlike(name, { input, target: y });
  if (madeBy(input) === 'sigmoid') {
    throw new ArgumentError(
      `${name}: the input is the result of sigmoid, needs the logits before it; leave the sigmoid out, or take binaryCrossEntropy`,
    );
  }
  needTruth(name, y);
  const missed = softplus(neg(input));
  const yes =
    posWeight === undefined ? missed : mul(missed, add(mul(y, sub(fit(name, 'posWeight', posWeight, input), 1)), 1));
  return weigh(name, add(mul(sub(1, y), input), yes), weight);
}

/** Throws unless every target lies between no and yes. */
export function needTruth(name: string, target: Tensor): void {
  needRange(name, 'target', target, 0, 1, 'numbers from 0 (no) to 1 (yes)');
}

/** Losses times their weights. */
export function weigh(name: string, losses: Tensor, weight: Tensor | undefined): Tensor {
  return weight === undefined ? losses : mul(losses, fit(name, 'weight', weight, losses));
}

/** The weight, if it can be stretched over x. */
function fit(name: string, key: string, weight: Tensor, x: Tensor): Tensor {
  needFloats(name, { input: x, [key]: weight });
  if (formatShape(broadcastShapes(name, x.shape, weight.shape)) !== formatShape(x.shape)) {
    throw new ShapeError(
      `${name}: ${key} is ${formatShape(weight.shape)}, which has more elements than the input, ${formatShape(x.shape)}; needs a shape that stretches to it`,
    );
  }
  return weight;
}
