// Starting a worker, where there are any: Node's, or those of a page that is isolated from other origins.

import { nodeModule } from './node-module.js';
import { workerText } from './worker.generated.js';
import type { WorkerData } from './worker.js';

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
