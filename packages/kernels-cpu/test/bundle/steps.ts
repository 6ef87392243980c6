// Three steps of training: forward, backward and update, with every number that comes of them.

import { crossEntropy, manualSeed, randn, scope, tensor, useBackend } from '@dl/autograd';
import { type CpuOptions, cpu } from '@dl/kernels-cpu';
import { Conv2d, Flatten, Linear, ReLU, Sequential } from '@dl/layers';
import { SGD } from '@dl/optim';

export interface Steps {
  readonly engine: string;
  readonly details: Readonly<Record<string, string | number>>;
  readonly values: readonly number[];
}

export async function steps(options: CpuOptions): Promise<Steps> {
  const backend = await useBackend(cpu(options));
  using _ = scope();
  manualSeed(3);
  const model = new Sequential(new Conv2d(1, 4, 3), new ReLU(), new Flatten(), new Linear(144, 10));
  const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
  const [images, labels] = [randn([5, 1, 8, 8]), tensor([1, 0, 3, 9, 4], { dtype: 'int32' })];
  const values: number[] = [];
  for (let i = 0; i < 3; i++) {
    const loss = crossEntropy(model.forward(images), labels);
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    values.push((await loss.data())[0]!);
  }
  for (const parameter of model.parameters()) values.push(...(await parameter.data()));
  const { engine, details } = backend.info();
  return { engine, details, values };
}
