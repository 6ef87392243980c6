// The turns of the event loop that loaders give.

import { Turns } from '@dl/autograd';

const ofLoaders = /* @__PURE__ */ new Turns(8);

/** The turns that all loaders share: a program with several gives no more of them than with one. */
export const breathe = (): Promise<void> => ofLoaders.take();
