// Training steps that touch 256 rows of a table: what they cost must not depend on how many rows it has.

import * as dl from '@dl/autograd';
import { Adagrad, SGD, SparseAdam } from '@dl/optim';
import { ints, type Workload, weights } from './workload.js';

const FEATURES = 128;
const WORDS = 256;
const SMALL = 1_000;
const ROWS = [SMALL, 50_000, 200_000];

const optimizers = {
  SGD: (weight: dl.Tensor) => new SGD([weight], { lr: 0.1 }),
  Adagrad: (weight: dl.Tensor) => new Adagrad([weight], { lr: 0.1 }),
  SparseAdam: (weight: dl.Tensor) => new SparseAdam([weight], { lr: 0.01 }),
} as const;

type Name = keyof typeof optimizers;

const ofRows = (name: Name, rows: number): Pick<Workload, 'inputs' | 'dl'> => ({
  inputs: [weights([rows, FEATURES], 1), ints([WORDS], 0, rows)],
  dl: (weight, words) => {
    weight!.requiresGrad = true;
    const optimizer = optimizers[name](weight!);
    return () => {
      const loss = dl.embedding(words!, weight!, { sparse: true }).square().sum();
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return loss.detach();
    };
  },
});

export const sparse: readonly Workload[] = (Object.keys(optimizers) as Name[]).flatMap((name) =>
  ROWS.map(
    (rows): Workload => ({
      name: `sparse embedding step with ${name}, ${WORDS} of ${rows} rows of ${FEATURES}`,
      ...ofRows(name, rows),
      ...(rows > SMALL && { smaller: ofRows(name, SMALL) }),
      torch: `
def make(weight, words):
    weight = weight.requires_grad_()
    optimizer = torch.optim.${name}([weight], lr=${name === 'SparseAdam' ? 0.01 : 0.1})
    return step([weight], lambda: F.embedding(words, weight, sparse=True).square().sum(), optimizer)`,
      // The third has two updates behind it.
      compareAfter: 3,
      tolerance: 1e-4,
      isNetwork: true,
    }),
  ),
);
