// How many threads there can be, and why not more.

import { nodeModule } from './node-module.js';

/** How many threads can run at once here; 1 when it is not known. */
export function availableThreads(): number {
  return nodeModule('node:os')?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Why threads cannot share memory here, or undefined when they can. */
export function whyNoThreads(): string | undefined {
  const isNode = nodeModule('node:worker_threads') !== undefined;
  if (!isNode && !globalThis.crossOriginIsolated) {
    return 'the page is not cross-origin isolated (it needs the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp)';
  }
  const { process } = globalThis as { process?: { permission?: { has(scope: string): boolean } } };
  if (isNode && process?.permission?.has('worker') === false) {
    return 'this process may not start workers (it needs --allow-worker)';
  }
  if (typeof SharedArrayBuffer !== 'function') return 'there is no SharedArrayBuffer here';
  if (typeof Atomics !== 'object') return 'there are no Atomics here';
  if (!isNode && typeof Worker !== 'function') return 'there are no workers here';
  return undefined;
}
