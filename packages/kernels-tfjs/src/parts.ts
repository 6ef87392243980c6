// Parts of buffers. TensorFlow.js cannot start inside its data, and they never change: a part is cut out, and put in by a copy of
// what is around it.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { TfjsBuffer } from './buffer.js';
import { TfjsRun } from './run.js';

/** `size` elements of a buffer from `start` on, in a row. */
export function partOf(run: TfjsRun, { tensor, size: all }: TfjsBuffer, start: number, size: number): TensorInfo {
  const row = run.call('Reshape', { x: tensor }, { shape: [all] });
  return size === all ? row : run.call('Slice', { x: row }, { begin: [start], size: [size] });
}

/** Puts a row of `size` elements in the place of those from `start` on. */
export function putPart(buffer: TfjsBuffer, start: number, size: number, values: (run: TfjsRun) => TensorInfo): void {
  if (size === 0) return;
  const end = start + size;
  const run = new TfjsRun(buffer.device);
  let joined: TensorInfo;
  try {
    const pieces = [values(run)];
    if (start > 0) pieces.unshift(partOf(run, buffer, 0, start));
    if (end < buffer.size) pieces.push(partOf(run, buffer, end, buffer.size - end));
    joined = run.take(pieces.length === 1 ? pieces[0]! : run.call('Concat', pieces, { axis: 0 }));
  } finally {
    run.end();
  }
  // Not before the pieces are gone: TensorFlow.js counts the former data for ever where its last reference is not a tensor's.
  buffer.set(joined);
}
