// What the suites share: backends that are in use, and errors that say which sample they are of.

import { type Backend, useBackend } from '@dl/autograd';

/** Starts both, and leaves the one under test in use, with the reference to fall back on. */
export async function useBackends(reference: Backend, backend: Backend): Promise<void> {
  await useBackend(backend === reference ? backend : [backend, reference]);
}

export async function inCase(i: number, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    throw new Error(`case ${i}: ${(error as Error).message}`, { cause: error });
  }
}
