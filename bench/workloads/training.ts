// What training adds: normalisation forward and backward, and the step of an optimiser on gradients that are there.

import * as dl from '@dl/autograd';
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  ASGD,
  DeltaBarDelta,
  Lion,
  NAdam,
  Quickprop,
  RAdam,
  RMSprop,
  Rprop,
  SGD,
} from '@dl/optim';
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

/** What PyTorch 1.13 lacks, as one would write it there, on all parameters at once. */
const LION = `
class Lion:
    def __init__(self, parameters, lr, betas=(0.9, 0.99)):
        self.parameters, self.lr, self.betas = parameters, lr, betas
        self.means = [torch.zeros_like(p) for p in parameters]
    @torch.no_grad()
    def step(self):
        grads = [p.grad for p in self.parameters]
        ways = torch._foreach_mul(self.means, self.betas[0])
        torch._foreach_add_(ways, grads, alpha=1 - self.betas[0])
        torch._foreach_add_(self.parameters, [way.sign_() for way in ways], alpha=-self.lr)
        torch._foreach_mul_(self.means, self.betas[1])
        torch._foreach_add_(self.means, grads, alpha=1 - self.betas[1])`;

interface Stepping {
  step(): void;
}

type Make = (parameters: readonly dl.Tensor[]) => Stepping;

/** One step on parameters that have gradients: all in one call, on both sides. */
function optimizer(
  name: string,
  what: string,
  shapes: readonly (readonly number[])[],
  make: Make,
  torch?: string,
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
    ...(torch && {
      torch: `
${LION}
def make(*all):
    parameters = [p.requires_grad_() for p in all[:${shapes.length}]]
    for p, g in zip(parameters, all[${shapes.length}:]):
        p.grad = g
    optimizer = ${torch}
    def run():
        optimizer.step()
        return parameters[0].detach()
    return run`,
    }),
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

/** Of the same name and options in PyTorch. */
const alike: Readonly<Record<string, Make>> = {
  SGD: (p) => new SGD(p, { lr: 1e-3 }),
  Adam: (p) => new Adam(p, { lr: 1e-3 }),
  AdamW: (p) => new AdamW(p, { lr: 1e-3 }),
  RMSprop: (p) => new RMSprop(p, { lr: 1e-3 }),
  Adagrad: (p) => new Adagrad(p, { lr: 1e-3 }),
  Adadelta: (p) => new Adadelta(p, { lr: 1e-3 }),
  Adamax: (p) => new Adamax(p, { lr: 1e-3 }),
  NAdam: (p) => new NAdam(p, { lr: 1e-3 }),
  RAdam: (p) => new RAdam(p, { lr: 1e-3 }),
  Rprop: (p) => new Rprop(p, { lr: 1e-3 }),
  ASGD: (p) => new ASGD(p, { lr: 1e-3 }),
};

const stepping: readonly (readonly [name: string, make: Make, torch?: string])[] = [
  ...Object.entries(alike).map(([name, make]) => [name, make, `torch.optim.${name}(parameters, lr=1e-3)`] as const),
  [
    'SGD with momentum',
    (p) => new SGD(p, { lr: 1e-3, momentum: 0.9 }),
    'torch.optim.SGD(parameters, lr=1e-3, momentum=0.9)',
  ],
  ['Lion', (p) => new Lion(p, { lr: 1e-3 }), 'Lion(parameters, lr=1e-3)'],
  // PyTorch has nothing like these.
  ['delta-bar-delta', (p) => new DeltaBarDelta(p, { lr: 1e-3 })],
  ['quickprop', (p) => new Quickprop(p, { lr: 1e-3 })],
];

export const optimisers: readonly Workload[] = sizes.flatMap(([what, shapes]) =>
  stepping.map(([name, make, torch]) => optimizer(name, what, shapes, make, torch)),
);
