// Signals, as all that decodes takes them.

import { ArgumentError, shown } from '@dl/autograd';

/** Refuses what is no signal, such as the controller of one, which would never abort anything. */
export function checkSignal(where: string, signal: { readonly aborted: boolean } | undefined): void {
  if (signal !== undefined && typeof signal?.aborted !== 'boolean') {
    throw new ArgumentError(`${where}: signal is ${shown(signal)}, needs an AbortSignal, such as controller.signal`);
  }
}
