// Freezing: parameters by name, all or those that a pattern names, are kept from training or given back to it.

import { ArgumentError, shown } from '@dl/autograd';

import type { AnyModule } from './module.js';
import { parameterPlaces } from './module-tree.js';

/**
 * Which parameters: a name (`0.weight`), the path of a module (`features`, which means all below it), either with `*` for
 * any characters (`*.bias`), or a regular expression that the name is to match.
 */
export type NamePattern = string | RegExp;

export function setTrainable(caller: string, module: AnyModule, pattern: NamePattern | undefined, on: boolean): void {
  const places = parameterPlaces(module);
  const matches = matcher(caller, pattern);
  const chosen = places.filter(({ name }) => matches(name));
  if (pattern !== undefined && chosen.length === 0) {
    throw new ArgumentError(
      `${caller}: no parameter is called ${pattern}; there are ${places.map(({ name }) => name).join(', ') || 'none'}`,
    );
  }
  for (const { value } of chosen) {
    value.requiresGrad = on;
    // A gradient left behind would move it in the next step.
    if (!on) value.zeroGrad();
  }
}

function matcher(caller: string, pattern: NamePattern | undefined): (name: string) => boolean {
  if (pattern === undefined) return () => true;
  // Not `test`, which goes on from where it was last time when the expression is global.
  if (pattern instanceof RegExp) return (name) => name.search(pattern) >= 0;
  if (typeof pattern !== 'string') {
    throw new ArgumentError(`${caller}: the pattern is ${shown(pattern)}, needs a string or a regular expression`);
  }
  const escaped = pattern.replace(/[\\^$.+?()[\]{}|]/g, '\\$&').replaceAll('*', '.*');
  const expression = new RegExp(`^${escaped}(\\..*)?$`);
  return (name) => expression.test(name);
}
