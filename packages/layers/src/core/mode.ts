// Has a model in training or evaluation for as long as a function runs, and each of its modules then back in its own mode.

import { ArgumentError, checkCall, shown } from '@dl/autograd';
import type { AnyModule } from './module.js';
import { isModule } from './module-tree.js';

/**
 * Runs `body`, which must not wait, with a model in a mode. Outside of it each module is in the mode that the user has put it in, so
 * that whatever else uses the model meanwhile, in the turns of other tasks, finds it as it was.
 *
 * For evaluation every module is. In training the parts of the model stay as they are: one that is in evaluation mode is to be left
 * alone, as a backbone whose statistics are not to move. A model that is in evaluation mode as a whole is put into training as a whole.
 *
 * @example
 * ```ts
 * import { ones, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Dropout, inMode } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new Dropout(0.5);
 * console.log(inMode(layer, 'eval', () => layer.forward(ones([4])).toArray())); // [1, 1, 1, 1]
 * console.log(layer.training); // true
 * ```
 */
export function inMode<T>(model: AnyModule, mode: 'train' | 'eval', body: () => T): T {
  checkCall('inMode', arguments, ['model', ['mode', ['train', 'eval']], ['body', 'function']]);
  if (!isModule(model)) {
    throw new ArgumentError(`inMode: the model is ${shown(model)}, needs a module, such as new Linear(4, 3)`);
  }
  if (mode === 'train' && model.training) return body();
  const former = model.namedModules().map(([, module]) => ({ module, training: module.training }));
  const isAsleep = former.every(({ training }) => !training);
  if (mode === 'eval') model.eval();
  else if (isAsleep) model.train();
  else model.training = true;
  const changed = former.filter(({ module, training }) => module.training !== training);
  try {
    return body();
  } finally {
    for (const { module, training } of changed) module.training = training;
  }
}
