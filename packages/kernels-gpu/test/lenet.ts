// Training on a device, as tests do it: LeNet-5 with both kinds of pooling, on drawn digits.

import {
  avgPool2d,
  type Backend,
  crossEntropy,
  manualSeed,
  maxPool2d,
  scope,
  type Tensor,
  tensor,
  withBackend,
} from '@dl/autograd';
import { drawnDigits, loader } from '@dl/data';
import { Conv2d, Linear, Module } from '@dl/layers';
import { SGD } from '@dl/optim';

export class LeNet5 extends Module {
  readonly c1 = new Conv2d(1, 6, 5, { padding: 2 });
  readonly c3 = new Conv2d(6, 16, 5);
  readonly c5 = new Linear(400, 120);
  readonly f6 = new Linear(120, 84);
  readonly output = new Linear(84, 10);

  forward(images: Tensor): Tensor {
    const s2 = maxPool2d(this.c1.forward(images).relu(), 2); // [N, 6, 14, 14]
    const s4 = avgPool2d(this.c3.forward(s2).tanh(), 2); // [N, 16, 5, 5]
    const c5 = this.c5.forward(s4.reshape([-1, 400])).tanh(); // [N, 120]
    return this.output.forward(this.f6.forward(c5).tanh()); // [N, 10]
  }
}

/** The losses of the first steps, from one seed. */
export function lossesOf(backend: Backend, steps: number): Promise<number[]> {
  return withBackend(backend, async () => {
    using _ = scope();
    manualSeed(7);
    const model = new LeNet5();
    const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
    const losses: number[] = [];
    while (losses.length < steps) {
      for await (const batch of loader(drawnDigits(80), { batchSize: 16 })) {
        using _step = scope();
        const loss = crossEntropy(model.forward(tensor(batch.images)), tensor(batch.labels));
        loss.backward();
        optimizer.step();
        optimizer.zeroGrad();
        losses.push((await loss.data())[0]!);
        if (losses.length === steps) break;
      }
    }
    return losses;
  });
}
