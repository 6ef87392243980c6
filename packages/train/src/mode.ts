// Puts a model into training or evaluation, and back into what each of its modules was in.

import type { AnyModule } from '@dl/layers';

/** Runs with every module in the given mode; `restore` puts each back into the one that it had. */
export function switchMode(model: AnyModule, mode: 'train' | 'eval'): { restore(): void } {
  const former = model.namedModules().map(([, module]) => [module, module.training] as const);
  model[mode]();
  return {
    restore: () => {
      for (const [module, training] of former) module.training = training;
    },
  };
}
