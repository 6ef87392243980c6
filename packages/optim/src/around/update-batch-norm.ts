// updateBatchNorm: running statistics anew, for weights that were averaged.

import { ArgumentError, noGrad, onesLike, scope, type Tensor, zerosLike } from '@dl/autograd';

/** What it needs of a model; every Module of @dl/layers has it. */
export interface NormalisedModel<Input> {
  readonly training: boolean;
  namedModules(): readonly (readonly [name: string, module: object])[];
  train(): unknown;
  eval(): unknown;
  forward(input: Input): unknown;
}

interface Statistics {
  momentum: number | null;
  readonly runningMean: Tensor;
  readonly runningVariance: Tensor;
  readonly numBatchesTracked: Tensor;
}

/**
 * Computes the running means and variances of batch norms, and of instance norms that follow them, anew, as plain averages over batches: those of a model whose
 * weights were exchanged for averages belong to other weights. One pass over the data, without gradients.
 *
 * @throws ArgumentError when there is no batch; nothing is changed then.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { BatchNorm1d, Linear, Sequential } from '@dl/layers';
 * import { SWA, updateBatchNorm } from '@dl/optim';
 * await useBackend(cpu());
 * const model = new Sequential(new Linear(3, 4), new BatchNorm1d(4));
 * const average = new SWA(model.parameters());
 * average.update();
 * average.swap();
 * await updateBatchNorm([randn([16, 3]), randn([16, 3])], model);
 * ```
 */
export async function updateBatchNorm<Input>(
  batches: Iterable<Input> | AsyncIterable<Input>,
  model: NormalisedModel<Input>,
): Promise<void> {
  const norms = model.namedModules().flatMap(([, module]) => (isNorm(module) ? [module] : []));
  if (norms.length === 0) return;
  const momenta = norms.map(({ momentum }) => momentum);
  const wasTraining = model.training;
  let isFirst = true;
  try {
    for await (const batch of batches) {
      using _ = scope();
      if (isFirst) {
        for (const norm of norms) begin(norm);
        model.train();
        isFirst = false;
      }
      noGrad(() => model.forward(batch));
    }
    if (isFirst) {
      throw new ArgumentError(
        'updateBatchNorm: there was no batch, and nothing was changed; give it batches that were not gone through before',
      );
    }
  } finally {
    norms.forEach((norm, i) => {
      norm.momentum = momenta[i]!;
    });
    if (!wasTraining) model.eval();
  }
}

/** Forgets what was seen; from now on a plain average of all batches. */
function begin(norm: Statistics): void {
  norm.runningMean.assign(zerosLike(norm.runningMean));
  norm.runningVariance.assign(onesLike(norm.runningVariance));
  norm.numBatchesTracked.assign(zerosLike(norm.numBatchesTracked));
  norm.momentum = null;
}

function isNorm(module: object): module is Statistics {
  const { runningMean, runningVariance, numBatchesTracked } = module as Partial<Statistics>;
  return 'momentum' in module && [runningMean, runningVariance, numBatchesTracked].every((each) => each !== undefined);
}
