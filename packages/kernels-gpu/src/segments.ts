// Which elements belong to a place: lists of positions, sorted on the host, so that adding by index does not look through all indices.

import type { KernelTensor } from '@dl/autograd';
import { bufferOf, type GpuBuffer } from './buffer.js';
import type { Workspace } from './workspace.js';

/** What belongs to place p are the positions `order[starts[p]]` to `order[starts[p + 1] - 1]`, in ascending order. */
export interface Segments {
  readonly order: GpuBuffer;
  readonly starts: GpuBuffer;
}

/** The numbers of an index tensor, which the device is asked for where it computed them; undefined when one lies outside. */
export function knownIndices(index: KernelTensor, length: number): ArrayLike<number> | undefined {
  const buffer = bufferOf(index);
  const values = buffer.range?.values ?? buffer.backend.readSync(buffer, 'int32', buffer.size);
  for (let i = 0; i < values.length; i++) if (!(values[i]! >= 0 && values[i]! < length)) return undefined;
  return values;
}

/** Sorts positions by the places, from 0 to `length` - 1, that they name. */
export function segmentsOf(places: ArrayLike<number>, length: number, work: Workspace): Segments {
  const starts = new Float32Array(length + 1);
  for (let i = 0; i < places.length; i++) starts[places[i]! + 1]!++;
  for (let p = 0; p < length; p++) starts[p + 1]! += starts[p]!;
  const next = starts.slice();
  const order = new Float32Array(places.length);
  for (let i = 0; i < places.length; i++) order[next[places[i]!]!++] = i;
  const upload = (values: Float32Array): GpuBuffer => {
    const buffer = work.take(values.length);
    buffer.backend.write(buffer, values);
    return buffer;
  };
  return { order: upload(order), starts: upload(starts) };
}
