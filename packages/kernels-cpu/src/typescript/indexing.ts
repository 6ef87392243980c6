// Kernels that read and add by index.

import {
  aroundAxis,
  assignRows,
  gather,
  IndexError,
  indexSelect,
  indexSelectGrad,
  scatterAdd,
  type TypedArray,
} from '@dl/autograd';
import { copyNeighbours, kernel, type Values } from './kernel.js';

function checkIndex(op: string, index: number, position: number, length: number): void {
  if (index < 0 || index >= length) {
    throw new IndexError(
      `${op}: index ${index} at position ${position} is out of range; the axis has ${length} elements, so needs 0 to ${length - 1}`,
    );
  }
}

/** Calls `visit` for each element of an index tensor with its place there and the place that it names in x. */
function forEachIndexed(
  op: string,
  x: Values,
  index: Values,
  axis: number,
  visit: (at: number, named: number) => void,
): void {
  const length = x.shape[axis]!;
  const coordinates = index.shape.map(() => 0);
  for (let at = 0; at < index.size; at++) {
    const chosen = index.data[at]!;
    checkIndex(op, chosen, at, length);
    let named = 0;
    for (let i = 0; i < coordinates.length; i++) named = named * x.shape[i]! + (i === axis ? chosen : coordinates[i]!);
    visit(at, named);
    for (let i = coordinates.length - 1; i >= 0 && ++coordinates[i]! === index.shape[i]; i--) coordinates[i] = 0;
  }
}

export const gatherKernel = kernel(gather, ({ x, index, y }, { axis }) => {
  forEachIndexed('gather', x, index, axis, (at, named) => {
    y.data[at] = x.data[named]!;
  });
});

export const scatterAddKernel = kernel(scatterAdd, ({ x, index, source, y }, { axis }) => {
  y.data.set(x.data);
  forEachIndexed('scatterAdd', x, index, axis, (at, named) => {
    y.data[named]! += source.data[at]!;
  });
});

export const indexSelectKernel = kernel(indexSelect, ({ x, index, y }, { axis }) => {
  const { outer, length, inner } = aroundAxis(x.shape, axis);
  const count = index.size;
  for (let k = 0; k < count; k++) checkIndex('indexSelect', index.data[k]!, k, length);
  for (let o = 0; o < outer; o++) {
    if (inner === 1) pick(x.data, o * length, index.data, count, y.data, o * count);
    else {
      for (let k = 0; k < count; k++) {
        copyNeighbours(x.data, (o * length + index.data[k]!) * inner, inner, y.data, (o * count + k) * inner);
      }
    }
  }
});

/** Single elements, by how far they lie from `start`. */
function pick(from: TypedArray, start: number, offsets: TypedArray, count: number, to: TypedArray, o: number): void {
  for (let k = 0; k < count; k++) to[o + k] = from[start + offsets[k]!]!;
}

export const indexSelectGradKernel = kernel(indexSelectGrad, ({ g, index, y }, { axis, length }) => {
  const { outer, inner } = aroundAxis(y.shape, axis);
  const count = index.size;
  y.data.fill(0);
  for (let k = 0; k < count; k++) {
    const chosen = index.data[k]!;
    checkIndex('indexSelectGrad', chosen, k, length);
    for (let o = 0; o < outer; o++) {
      const from = (o * count + k) * inner;
      const to = (o * length + chosen) * inner;
      for (let i = 0; i < inner; i++) y.data[to + i]! += g.data[from + i]!;
    }
  }
});

export const assignRowsKernel = kernel(assignRows, ({ x, index, rows }) => {
  const row = rows.size / index.size;
  for (let k = 0; k < index.size; k++) checkIndex('assignRows', index.data[k]!, k, x.shape[0]!);
  for (let k = 0; k < index.size; k++) copyNeighbours(rows.data, k * row, row, x.data, index.data[k]! * row);
});
