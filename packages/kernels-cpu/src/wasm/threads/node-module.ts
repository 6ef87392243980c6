// Modules of Node, without importing them: bundlers for browsers have nothing to find.

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
export function nodeModule<M extends keyof NodeModules>(name: M): NodeModules[M] | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?(id: string): NodeModules[M] | undefined };
  };
  return process?.getBuiltinModule?.(name);
}
