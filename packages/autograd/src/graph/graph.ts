// Looking at the graph that backward would walk: as data, as text, and as a drawing for Graphviz.

import { checkCall } from '../arguments/check-call.js';
import { needTensor } from '../ops/checks.js';
import type { DType } from '../tensor/dtype.js';
import { formatShape, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { TensorBase } from '../tensor/tensor-base.js';
import { diagramToDot } from './diagram.js';
import type { GraphNode, Source } from './tape.js';

/** A vertex of the graph: an op that ran, or a leaf that requires a gradient. */
export interface GraphVertex {
  readonly id: number;
  /** The op's name, or `leaf`. */
  readonly op: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** The ids of the vertices that it was computed from. */
  readonly inputs: readonly number[];
}

/** Every vertex that `tensor` was computed from, the tensor's own last. */
export function graph(tensor: Tensor): GraphVertex[] {
  checkCall('graph', arguments, ['tensor']);
  needTensor('graph', 'the tensor', tensor);
  const ids = new Map<GraphNode | Tensor, number>();
  const vertices: GraphVertex[] = [];
  const stack: Exclude<Source, undefined>[] = [sourceOf(tensor)];
  while (stack.length > 0) {
    const source = stack.at(-1)!;
    const key = source instanceof TensorBase ? source : source.node;
    if (ids.has(key)) {
      stack.pop();
      continue;
    }
    const before = source instanceof TensorBase ? [] : source.node.sources.filter((input) => input !== undefined);
    const waiting = before.filter((input) => !ids.has(input instanceof TensorBase ? input : input.node));
    if (waiting.length > 0) {
      stack.push(...waiting.reverse());
      continue;
    }
    stack.pop();
    const { shape, dtype } = source instanceof TensorBase ? source : source.node.outputs[source.index]!;
    const inputs = before.map((input) => ids.get(input instanceof TensorBase ? input : input.node)!);
    ids.set(key, vertices.length);
    vertices.push({
      id: vertices.length,
      op: source instanceof TensorBase ? 'leaf' : source.node.name,
      shape,
      dtype,
      inputs,
    });
  }
  return vertices;
}

function sourceOf(tensor: Tensor): Exclude<Source, undefined> {
  return tensor.source ?? tensor;
}

/**
 * The graph as text, one line for each vertex.
 *
 * @example
 * ```ts
 * import { printGraph, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const x = tensor([1, 2], { requiresGrad: true });
 * console.log(printGraph(x.mul(x).sum()));
 * // 0 leaf float32 [2]
 * // 1 mul float32 [2] ← 0, 0
 * // 2 sum float32 [] ← 1
 * ```
 */
export function printGraph(tensor: Tensor): string {
  checkCall('printGraph', arguments, ['tensor']);
  return graph(tensor)
    .map(({ id, op, dtype, shape, inputs }) => {
      const from = inputs.length === 0 ? '' : ` ← ${inputs.join(', ')}`;
      return `${id} ${op} ${dtype} ${formatShape(shape)}${from}`;
    })
    .join('\n');
}

/** The graph in the DOT language, which Graphviz and many web pages draw. */
export function graphToDot(tensor: Tensor): string {
  checkCall('graphToDot', arguments, ['tensor']);
  const vertices = graph(tensor);
  return diagramToDot({
    vertices: vertices.map(({ id, op, shape }) => ({
      id: `n${id}`,
      label: `${op}\n${formatShape(shape)}`,
      ...(op === 'leaf' ? { shape: 'box', fill: 'lightgrey' } : { shape: 'ellipse' }),
    })),
    arrows: vertices.flatMap(({ id, inputs }) => inputs.map((input) => ({ from: `n${input}`, to: `n${id}` }))),
  });
}
