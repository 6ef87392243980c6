// Starting a worker, where there are any: Node's, or those of a page that is isolated from other origins.

import { workerText } from './worker.generated.js';
import type { WorkerData } from './worker.js';

interface NodeWorker {
  unref(): void;
  once(event: 'online' | 'error', listener: (error?: Error) => void): void;
}
interface NodeModules {
  'node:worker_threads': {
    Worker: new (text: string, options: { eval: true; execArgv: string[]; workerData: WorkerData }) => NodeWorker;
  };
  'node:os': { availableParallelism(): number };
}

/** A module of Node, or undefined elsewhere. */
function nodeModule<M extends keyof NodeModules>(name: M): NodeModules[M] | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?(id: string): NodeModules[M] | undefined };
  };
  return process?.getBuiltinModule?.(name);
}

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
  if (typeof SharedArrayBuffer !== 'function') return 'there is no SharedArrayBuffer here';
  if (!isNode && typeof Worker !== 'function') return 'there are no workers here';
  return undefined;
}

/** Starts a worker; resolves when it looks for work, and rejects when it cannot. It does not keep the process alive. */
export function startWorker(data: WorkerData): Promise<void> {
  const node = nodeModule('node:worker_threads');
  return new Promise((resolve, reject) => {
    if (node !== undefined) {
      const worker = new node.Worker(workerText, { eval: true, execArgv: [], workerData: data });
      worker.unref();
      worker.once('online', () => resolve());
      worker.once('error', reject);
      return;
    }
    const address = URL.createObjectURL(new Blob([workerText], { type: 'text/javascript' }));
    const worker = new Worker(address);
    worker.onmessage = (): void => {
      URL.revokeObjectURL(address);
      resolve();
    };
    worker.onerror = ({ message }): void => reject(new Error(message || 'the page does not allow workers from text'));
    worker.postMessage(data);
  });
}
