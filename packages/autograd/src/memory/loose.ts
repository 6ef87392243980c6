// What waits for the garbage collector, told to it by its size, and the warning where it cannot come.

import { checkCall } from '../arguments/check-call.js';
import { shown } from '../arguments/shown.js';
import { MemoryError } from '../errors.js';
import { formatBytes } from './format.js';

// The JavaScript heap sees a tensor as a hundred bytes, however large its buffer is, and would not
// collect for minutes. Dropping an ArrayBuffer of the size that the tensors really hold makes the
// engine count it and collect in time; the memory is never touched, so it costs only address space. V8 begins to mark at
// 64 MiB, and smaller pieces are swept with the young objects before they add up to that.
const PRESSURE_BYTES = 64 * 2 ** 20;
const DEFAULT_WARNING_BYTES = 2 ** 30;

/** Since the collector was last told. */
let pressure = 0;
/** Since a finaliser last ran. */
let uncollected = 0;
let warningBytes = DEFAULT_WARNING_BYTES;
let warned = false;

/** A buffer has no owner from now on but the garbage collector. */
export function countLoose(bytes: number): void {
  uncollected += bytes;
  pressure += bytes;
  if (pressure > PRESSURE_BYTES) relievePressure();
}

/** Such a buffer is free. */
export function uncountLoose(bytes: number): void {
  uncollected = Math.max(0, uncollected - bytes);
  pressure = Math.max(0, pressure - bytes);
}

/** Frees the buffers of tensors that nobody refers to. */
export const collector = new FinalizationRegistry<{ release(): void } | undefined>((storage) => {
  // Finalisers run: the program does return to the event loop.
  uncollected = 0;
  storage?.release();
});

function relievePressure(): void {
  // Where all tensors live long, no finaliser of theirs would tell that the program returns to the event loop. In the same
  // registry, since engines clean up one of them at a time.
  collector.register({}, undefined);
  try {
    new ArrayBuffer(pressure);
  } catch {
    // No address space left for it: the engine has then just tried to collect as hard as it can.
  }
  pressure = 0;
  if (uncollected > warningBytes && !warned) {
    warned = true;
    console.warn(
      `@dl/autograd: ${formatBytes(uncollected)} of tensors were made outside any scope or kept out of one, and none of them could be ` +
        'collected, because the program has not returned to the event loop since. Put the body of the loop into a ' +
        'scope, scope(() => { … }), carry what goes from step to step with carried(…), or await something that waits, such as a loader, ' +
        'now and then.',
    );
  }
}

/**
 * Sets after how many bytes made outside any scope or kept out of one, without a chance to collect them, the one warning comes.
 * The default is 1 GiB.
 *
 * @throws MemoryError when `bytes` is not above 0.
 */
export function setMemoryWarning(bytes: number): void {
  checkCall('setMemoryWarning', arguments, [['bytes', 'number']]);
  if (!(bytes > 0)) throw new MemoryError(`setMemoryWarning: got ${shown(bytes)}, needs a number of bytes above 0`);
  warningBytes = bytes;
  warned = false;
  uncollected = 0;
}
