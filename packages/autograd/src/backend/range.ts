// Parts of buffers: which there are.

import { IndexError } from '../errors.js';

/** Throws unless `size` elements from `start` on are among `length`. `what` is who wants them, such as `cpu: read`. */
export function needRange(what: string, start: number, size: number, length: number): void {
  if (start >= 0 && size >= 0 && start + size <= length && Number.isInteger(start) && Number.isInteger(size)) return;
  throw new IndexError(
    `${what}: got a start of ${start} and a length of ${size}, where there are ${length} elements; ` +
      `needs whole numbers from 0 on whose sum is at most ${length}`,
  );
}
