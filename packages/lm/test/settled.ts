// Memory without what nobody holds any more: runs give the event loop turns, in which finalisers free what earlier tests left lying.

import { memory } from '@dl/autograd';

/** How many buffers and bytes there are when everything that can be collected is. */
export async function settledMemory(): Promise<[buffers: number, bytes: number]> {
  const { gc } = globalThis as { readonly gc?: () => void };
  for (let i = 0; i < 4; i++) {
    gc?.();
    await new Promise((resolve) => setTimeout(resolve));
  }
  const { buffers, bytes } = memory();
  return [buffers, bytes];
}
