// Reading and adding by index. The indices are read on the host, where they are checked, and become places in the flattened
// tensor: kernels of TensorFlow.js do not all notice an index that is out of range.

import { gather, IndexError, indexSelect, indexSelectGrad, scatterAdd, sizeOf } from '@dl/autograd';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';
import type { Operand, TfjsRun } from '../run.js';
import { reshape, transpose } from './shapes.js';

function readIndices(op: string, tf: TfjsRun, index: Operand, length: number): Int32Array {
  const indices = tf.read(index) as Int32Array;
  const at = indices.findIndex((value) => !(value >= 0 && value < length));
  if (at >= 0) {
    throw new IndexError(
      `${op}: index ${indices[at]} at position ${at} is out of range; the axis has ${length} elements, so needs 0 to ${length - 1}`,
    );
  }
  return indices;
}

/** For each element of an index tensor, the place in the flattened x that it names. */
function placesOf(op: string, tf: TfjsRun, x: Operand, index: Operand, axis: number): Int32Array {
  const indices = readIndices(op, tf, index, x.shape[axis]!);
  const coordinates = index.shape.map(() => 0);
  return indices.map((chosen) => {
    let place = 0;
    for (let i = 0; i < coordinates.length; i++) place = place * x.shape[i]! + (i === axis ? chosen : coordinates[i]!);
    for (let i = coordinates.length - 1; i >= 0 && ++coordinates[i]! === index.shape[i]; i--) coordinates[i] = 0;
    return place;
  });
}

/** [length, columns] of zeros, to which each row of `rows` is added at its index. */
function addRows(tf: TfjsRun, rows: Operand, indices: Int32Array, length: number): TensorInfo {
  const [count, columns] = rows.shape as [number, number];
  const at = tf.constant(indices.slice(), [count, 1], 'int32');
  return tf.call('ScatterNd', { indices: at, updates: rows }, { shape: [length, columns] });
}

export const indexingKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  tfjsKernel(gather, ['GatherV2', 'Reshape'], ({ x, index }, { axis }, tf) => {
    const indices = tf.constant(placesOf('gather', tf, x, index, axis), [index.size], 'int32');
    return tf.call('GatherV2', { x: reshape(tf, x, [x.size]), indices }, { axis: 0, batchDims: 0 });
  }),
  tfjsKernel(scatterAdd, ['ScatterNd', 'Add', 'Reshape'], ({ x, index, source }, { axis }, tf) => {
    if (index.size === 0) return tf.info(x);
    const places = placesOf('scatterAdd', tf, x, index, axis);
    const added = addRows(tf, reshape(tf, source, [source.size, 1]), places, x.size);
    return tf.call('Add', { a: x, b: reshape(tf, added, x.shape) });
  }),
  tfjsKernel(indexSelect, ['GatherV2'], ({ x, index }, { axis }, tf) => {
    readIndices('indexSelect', tf, index, x.shape[axis]!);
    return tf.call('GatherV2', { x, indices: index }, { axis, batchDims: 0 });
  }),
  tfjsKernel(
    indexSelectGrad,
    ['ScatterNd', 'Transpose', 'Reshape', 'Fill'],
    ({ g, index, y }, { axis, length }, tf) => {
      if (g.size === 0) return tf.filled(0, y.shape, y.dtype);
      const indices = readIndices('indexSelectGrad', tf, index, length);
      const others = g.shape.toSpliced(axis, 1);
      const front = [axis, ...others.map((_, i) => (i < axis ? i : i + 1))];
      const rows = reshape(tf, transpose(tf, g, front), [index.size, sizeOf(others)]);
      const sums = reshape(tf, addRows(tf, rows, indices, length), [length, ...others]);
      return transpose(
        tf,
        sums,
        front.map((_, i) => front.indexOf(i)),
      );
    },
  ),
])();
