// updateBatchNorm: running statistics anew, for weights that were averaged.

import { ArgumentError, checkCall, noGrad, onesLike, scope, type Tensor, zerosLike } from '@dl/autograd';

/** What it needs of a model; every Module of @dl/layers has it. */
export interface NormalisedModel<Input> {
  training: boolean;
  namedModules(): readonly (readonly [name: string, module: object])[];
  train(): unknown;
  forward(input: Input): unknown;
}

interface HasMode {
  training: boolean;
}

interface Statistics {
  momentum: number | null;
  readonly runningMean: Tensor;
  readonly runningVariance: Tensor;
  readonly numBatchesTracked: Tensor;
}

/**
 * Computes the running means and variances of batch norms, and of instance norms that follow them, anew, as plain averages over
 * batches: those of a model whose weights were exchanged for averages belong to other weights. One pass over the data, without
 * gradients.
 *
 * The model is in training mode while a batch goes through it, and in its own outside of that. A part that was put into `eval()`
 * stays in it, and its norms keep their statistics; a model of which every part is in evaluation mode is renewed as a whole.
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
  checkCall('updateBatchNorm', arguments, ['batches', 'model']);
  const norms = inTraining(model, () =>
    model.namedModules().flatMap(([, module]) => (isNorm(module) && isTraining(module) ? [module] : [])),
  );
  if (norms.length === 0) return;
  let isFirst = true;
  for await (const batch of batches) {
    using _ = scope();
    if (isFirst) for (const norm of norms) forget(norm);
    isFirst = false;
    inTraining(model, () => averaging(norms, () => noGrad(() => model.forward(batch))));
  }
  if (isFirst) {
    throw new ArgumentError(
      'updateBatchNorm: there was no batch, and nothing was changed; give it batches that were not iterated before',
    );
  }
}

/** Runs `body` with the model in training, as far as it is meant to be, and then puts each module back. */
function inTraining<T>(model: NormalisedModel<never>, body: () => T): T {
  if (model.training) return body();
  const former = model
    .namedModules()
    .flatMap(([, module]) => (hasMode(module) ? [[module, module.training] as const] : []));
  if (former.some(([, training]) => training)) model.training = true;
  else model.train();
  try {
    return body();
  } finally {
    for (const [module, training] of former) module.training = training;
  }
}

/** Runs `body` with norms that take a plain average of all batches since they forgot. */
function averaging(norms: readonly Statistics[], body: () => void): void {
  const momenta = norms.map(({ momentum }) => momentum);
  for (const norm of norms) norm.momentum = null;
  try {
    body();
  } finally {
    norms.forEach((norm, i) => {
      norm.momentum = momenta[i]!;
    });
  }
}

function forget(norm: Statistics): void {
  norm.runningMean.assign(zerosLike(norm.runningMean));
  norm.runningVariance.assign(onesLike(norm.runningVariance));
  norm.numBatchesTracked.assign(zerosLike(norm.numBatchesTracked));
}

const hasMode = (module: object): module is HasMode => 'training' in module;

const isTraining = (module: object): boolean => !hasMode(module) || module.training;

function isNorm(module: object): module is Statistics {
  const { runningMean, runningVariance, numBatchesTracked } = module as Partial<Statistics>;
  return 'momentum' in module && [runningMean, runningVariance, numBatchesTracked].every((each) => each !== undefined);
}
