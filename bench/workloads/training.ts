// What training adds: normalisation forward and backward, and the step of an optimiser on gradients that are there.

import * as dl from '@dl/autograd';
import { Adam, AdamW, SGD } from '@dl/optim';
import { floats, formatShape, type Input, type Workload, weights } from './workload.js';

type Normalize = (x: dl.Tensor, weight: dl.Tensor, bias: dl.Tensor) => dl.Tensor;

/** A normalisation, and with its gradients for input, weight and bias. */
function norm(
  name: string,
  shape: readonly number[],
  features: number,
  normalize: Normalize,
  torch: string,
): Workload[] {
  const [x, weight, bias] = [floats(shape), floats([features], { low: 0.5, high: 1.5 }), floats([features])];
  const g = floats(shape, { low: -0.02, high: 0.02 });
  const tolerance = 1e-3;
  return [
    {
      name: `${name} forward ${formatShape(shape)}`,
      inputs: [x, weight, bias],
      dl: (a, w, b) => () => normalize(a, w, b),
      torch: `lambda x, w, b: lambda: ${torch}`,
      tolerance,
      isNetwork: true,
    },
    {
      name: `${name} forward and backward ${formatShape(shape)}`,
      inputs: [x, weight, bias, g],
      dl: (a, w, b, dy) => {
        const leaves = [a, w, b];
        for (const leaf of leaves) leaf.requiresGrad = true;
        return () => dl.gradients(normalize(a, w, b), leaves, { gradient: dy }) as dl.Tensor[];
      },
      torch: `
def make(x, w, b, g):
    leaves = [t.requires_grad_() for t in (x, w, b)]
    def run():
        with torch.enable_grad():
            return torch.autograd.grad(${torch}, leaves, g)
    return run`,
      tolerance,
      isNetwork: true,
    },
  ];
}

const LENET = [[6, 1, 5, 5], [6], [16, 6, 5, 5], [16], [120, 400], [120], [84, 120], [84], [10, 84], [10]];
const LARGE = [
  [1000, 1000],
  [1000, 1000],
  [1000, 1000],
  [1000, 1000],
];

interface Stepping {
  step(): void;
}

/** One step on parameters that have gradients: all in one call, on both sides. */
function optimizer(
  name: string,
  what: string,
  shapes: readonly (readonly number[])[],
  make: (parameters: readonly dl.Tensor[]) => Stepping,
  torch: string,
): Workload {
  const inputs: Input[] = [...shapes, ...shapes].map((shape) => weights(shape, 0.1));
  return {
    name: `${name} step, ${what}`,
    inputs,
    dl: (...all) => {
      const parameters = all.slice(0, shapes.length);
      for (const [i, parameter] of parameters.entries()) {
        parameter.requiresGrad = true;
        parameter.grad = all[shapes.length + i]!;
      }
      const stepping = make(parameters);
      return () => {
        stepping.step();
        return parameters[0]!.detach();
      };
    },
    torch: `
def make(*all):
    parameters = [p.requires_grad_() for p in all[:${shapes.length}]]
    for p, g in zip(parameters, all[${shapes.length}:]):
        p.grad = g
    optimizer = torch.optim.${torch}
    def run():
        optimizer.step()
        return parameters[0].detach()
    return run`,
    tolerance: 1e-4,
    isNetwork: true,
  };
}

const sizes = [
  ['LeNet-5', LENET],
  ['4M parameters', LARGE],
] as const;

export const norms: readonly Workload[] = [
  ...norm(
    'layerNorm',
    [1024, 256],
    256,
    (x, weight, bias) => dl.layerNorm(x, 256, { weight, bias }),
    'F.layer_norm(x, [256], w, b)',
  ),
  ...norm(
    'batchNorm',
    [8, 64, 56, 56],
    64,
    (x, weight, bias) => dl.batchNorm(x, { weight, bias }).y,
    'F.batch_norm(x, None, None, w, b, training=True)',
  ),
  ...norm(
    'groupNorm',
    [8, 64, 56, 56],
    64,
    (x, weight, bias) => dl.groupNorm(x, 32, { weight, bias }),
    'F.group_norm(x, 32, w, b)',
  ),
];

export const optimisers: readonly Workload[] = sizes.flatMap(([what, shapes]) => [
  optimizer('SGD', what, shapes, (p) => new SGD(p, { lr: 1e-3 }), 'SGD(parameters, lr=1e-3)'),
  optimizer(
    'SGD with momentum',
    what,
    shapes,
    (p) => new SGD(p, { lr: 1e-3, momentum: 0.9 }),
    'SGD(parameters, lr=1e-3, momentum=0.9)',
  ),
  optimizer('Adam', what, shapes, (p) => new Adam(p, { lr: 1e-3 }), 'Adam(parameters, lr=1e-3)'),
  optimizer('AdamW', what, shapes, (p) => new AdamW(p, { lr: 1e-3 }), 'AdamW(parameters, lr=1e-3)'),
]);
