// Whether ops are recorded for the gradient: on by default, off inside noGrad.

import { checkCall } from '../arguments/check-call.js';
import { Setting } from '../setting.js';

const mode = /* @__PURE__ */ new Setting(true);

export function isGradEnabled(): boolean {
  return mode.value;
}

/** Runs `body` with recording on or off, and puts it back as it was; for an async body, when its promise settles. */
export function withGradMode<T>(on: boolean, body: () => T): T {
  return mode.during(on, body);
}

/**
 * Runs `body` without recording: what is computed inside has no gradient, and needs less memory.
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
  return withGradMode(false, body);
}
