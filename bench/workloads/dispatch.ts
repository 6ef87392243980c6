// Calls on one number or a few: what a call costs before its kernel has anything to do.

import * as dl from '@dl/autograd';
import { call, floats, type Workload } from './workload.js';

export const dispatch: readonly Workload[] = [
  call('relu of one number', [floats([])], dl.relu, (tf, x) => tf.relu(x), {
    torch: 'lambda x: lambda: torch.relu(x)',
  }),
  call(
    'add of two numbers',
    [floats([]), floats([])],
    (a, b) => dl.add(a, b),
    (tf, a, b) => tf.add(a, b),
    {
      torch: 'lambda a, b: lambda: a + b',
    },
  ),
  call(
    'sum of eight',
    [floats([8])],
    (x) => dl.sum(x),
    (tf, x) => tf.sum(x),
    {
      torch: 'lambda x: lambda: torch.sum(x)',
    },
  ),
  call(
    'matmul of one row',
    [floats([1, 8]), floats([8, 8])],
    (a, b) => dl.matmul(a, b),
    (tf, a, b) => tf.matMul(a, b),
    {
      torch: 'lambda a, b: lambda: a @ b',
    },
  ),
  {
    name: 'add of two numbers, and its gradients',
    inputs: [floats([]), floats([])],
    dl: (a, b) => {
      const leaves = [a, b].map((x) => dl.keep(x));
      for (const leaf of leaves) leaf.requiresGrad = true;
      return () => {
        dl.add(leaves[0]!, leaves[1]!).backward();
        const gradient = leaves[0]!.grad!.mul(1);
        for (const leaf of leaves) leaf.zeroGrad();
        return gradient;
      };
    },
    torch: `
def make(a, b):
    a.requires_grad = b.requires_grad = True
    def run():
        with torch.enable_grad():
            (a + b).backward()
        gradient = a.grad * 1
        a.grad = b.grad = None
        return gradient
    return run`,
  },
];
