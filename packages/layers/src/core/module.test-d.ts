// What the compiler lets through: modules of any inputs and outputs, and one tensor in and out where modules follow each other.

import { concat, type Tensor } from '@dl/autograd';
import { Adam } from '@dl/optim';
import {
  Bilinear,
  Linear,
  Module,
  ModuleList,
  Parallel,
  Residual,
  Sequential,
  type TensorModule,
  weightNorm,
} from '../index.js';

class Siamese extends Module {
  readonly encoder = new Linear(4, 2);

  forward(a: Tensor, b: Tensor): Tensor {
    return this.encoder.forward(a).sub(this.encoder.forward(b)).square().sum(1);
  }
}

class Encoder extends Module {
  readonly mean = new Linear(4, 2);
  readonly logVariance = new Linear(4, 2);

  forward(x: Tensor) {
    return { mean: this.mean.forward(x), logVariance: this.logVariance.forward(x) };
  }
}

class Pair extends Module {
  forward(xs: readonly Tensor[], axis = 0): readonly [Tensor, number] {
    return [concat(xs, axis), axis];
  }
}

/** The inputs and the output said beforehand, for a base class. */
abstract class Head extends Module<[x: Tensor, mask?: Tensor], { readonly logits: Tensor }> {}
class LinearHead extends Head {
  readonly linear = new Linear(2, 3);

  forward(x: Tensor, mask?: Tensor) {
    return { logits: mask === undefined ? this.linear.forward(x) : this.linear.forward(x).mul(mask) };
  }
}

declare const x: Tensor;
const siamese = new Siamese();
const encoder = new Encoder();
const model = new Sequential(new Linear(4, 4), new Residual(new Linear(4, 4)));

// What a class says of its forward is known where it is used.
export const distance: Tensor = siamese.forward(x, x);
export const variance: Tensor = encoder.forward(x).logVariance;
export const [joined, axis]: readonly [Tensor, number] = new Pair().forward([x, x]);
export const logits: Tensor = new LinearHead().forward(x).logits;
// @ts-expect-error it takes two tensors
siamese.forward(x);
// @ts-expect-error it has no such output
encoder.forward(x).std;
// @ts-expect-error it takes a tensor
model.forward([1, 2]);

// Any module may stand where one is asked for.
const any: readonly Module[] = [siamese, encoder, new Pair(), new LinearHead(), new Bilinear(2, 2, 2), model];
export const named: Record<string, Tensor> = siamese.stateDict();
for (const each of [siamese, encoder, model]) {
  each.apply((m: Module) => m.train());
  each.apply((m) => {
    if (m instanceof Linear) m.weight.zeroGrad();
  });
  each.namedModules().forEach(([name, m]: readonly [string, Module]) => void `${name}${m}`);
  each.children().map((m: Module) => m.eval());
  new Adam(each.parameters());
}
export const list: ModuleList<Siamese | Encoder> = new ModuleList([siamese, encoder]);
export const normed: Siamese = weightNorm(siamese);
export const hook = siamese.registerForwardHook(([a, b], output) => output.mul(a.sum()).add(b.sum()));
export const body = new Sequential(...model.children().slice(0, -1));
export const unknown = new ModuleList(any);

// One tensor in and one out, where modules follow each other or stand side by side.
const one: TensorModule = model;
new Sequential(one, one);
// @ts-expect-error Siamese takes two tensors
new Sequential(siamese);
// @ts-expect-error Encoder returns an object
new Sequential(encoder, new Linear(2, 2));
// @ts-expect-error Encoder returns an object
new Residual(encoder);
// @ts-expect-error Siamese takes two tensors
new Parallel([new Linear(4, 2), siamese]);
// @ts-expect-error Pair takes a list
export const wrong: TensorModule = new Pair();

// @ts-expect-error a module says what it computes
export class Nothing extends Module {}
