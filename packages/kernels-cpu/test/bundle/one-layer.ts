// What an application with one layer imports: its bundle is weighed.

import { tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Linear } from '@dl/layers';

await useBackend(cpu());
const layer = new Linear(2, 3);
layer
  .forward(tensor([[1, 2]]))
  .sum()
  .backward();
console.log(layer.weight.grad!.toArray());
