// Models as they are used: nothing is dropped, whatever mode they are in.

import { type AnyModule, inMode } from '@dl/layers';

/** All modules of a model, once for each model: a walk through its tree for every token would take as long as some layers do. */
const modulesOf = new WeakMap<AnyModule, readonly AnyModule[]>();

/** Runs `body` with a model in evaluation mode; afterwards each of its modules is in its own again. */
export function inUse<T>(model: AnyModule, body: () => T): T {
  let modules = modulesOf.get(model);
  if (modules === undefined) {
    modules = model.namedModules().map(([, module]) => module);
    modulesOf.set(model, modules);
  }
  return modules.some(({ training }) => training) ? inMode(model, 'eval', body) : body();
}
