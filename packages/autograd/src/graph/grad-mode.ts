// Whether ops are recorded for the gradient: on by default, off inside noGrad.

import { checkCall } from '../arguments/check-call.js';
import { currentContext, during, inContext } from '../context/context.js';

export function isGradEnabled(): boolean {
  return currentContext().recording;
}

/** Runs `body`, which does not wait, with recording on or off. */
export function withGradMode<T>(on: boolean, body: () => T): T {
  return during('recording', on, body);
}

/**
 * Runs `body` without recording: what is computed inside has no gradient, and needs less memory. With an asynchronous body that
 * holds until its promise settles; other tasks record meanwhile, see docs/asynchronous.md.
 *
 * @example
 * ```ts
 * import { noGrad, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const w = tensor([1, 2], { requiresGrad: true });
 * console.log(noGrad(() => w.mul(2)).requiresGrad); // false
 * ```
 */
export function noGrad<T>(body: () => T): T {
  checkCall('noGrad', arguments, ['body']);
  return inContext('noGrad', stopRecording, body);
}

function stopRecording(context: { recording: boolean }): void {
  context.recording = false;
}

/** The same for the insides of library functions: cheaper, for a body that does not wait. */
export function unrecorded<T>(body: () => T): T {
  return during('recording', false, body);
}
