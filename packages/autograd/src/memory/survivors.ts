// What survives the scope of a function: the tensors in its result, with all that going back through them needs.

import { ArgumentError } from '../errors.js';
import type { GraphNode, Source } from '../graph/tape.js';
import { isTensor } from '../tensor/brand.js';
import type { TensorBase } from '../tensor/tensor-base.js';
import { contentsOf, isThenable } from './nested.js';

/**
 * The tensors in a result, in arrays, plain objects, maps and sets of any depth, with their gradients and what the graph behind
 * them holds; undefined when there can be none. What nodes before `firstNode` hold is older than the scope.
 */
export function survivorsOf(result: unknown, firstNode: number): ReadonlySet<TensorBase> | undefined {
  // Most functions return nothing, or a number.
  if (typeof result !== 'object' || result === null) return undefined;
  const tensors = new Set<TensorBase>();
  // Sets that grow while they are gone through: each value once, also where values hold each other.
  const values = new Set<unknown>([result]);
  for (const value of values) {
    if (typeof value !== 'object' || value === null) continue;
    if (isThenable(value)) throw promiseInside();
    if (isTensor(value)) tensors.add(value);
    else for (const each of contentsOf(value)) values.add(each);
  }
  const nodes = new Set<GraphNode>();
  const reach = (source: Source): void => {
    if (source === undefined) return;
    if (isTensor(source)) tensors.add(source);
    else if (source.node.id >= firstNode) nodes.add(source.node);
  };
  let count: number;
  do {
    count = tensors.size;
    for (const tensor of tensors) {
      for (const gradient of tensor.gradients) tensors.add(gradient);
      reach(tensor.source);
    }
    for (const node of nodes) {
      node.collectSaved(tensors);
      for (const source of node.sources) reach(source);
    }
    // What was saved may have a gradient, or a graph, of its own.
  } while (tensors.size > count);
  return tensors;
}

function promiseInside(): ArgumentError {
  return new ArgumentError(
    'scope: its function returned promises inside an array or object, whose tensors would be freed too early; await them in ' +
      'the function, as in scope(async () => await Promise.all(list))',
  );
}
