// NLTK, in a Python process of its own.

import type { Engine } from './engine.js';
import { PythonProcess, preparePython } from './python.js';

/** @param server the path of `nltk_server.py`. */
export function nltk(python: string, server: string): Engine {
  const name = 'nltk';
  let child: PythonProcess;
  return {
    name,

    async start() {
      child = new PythonProcess(name, python, server, 1, {});
      const { version } = await child.ask({ do: 'info' });
      return String(version);
    },

    handles: (workload) => workload.nltk !== undefined,
    prepare: (workload) => preparePython(child, workload, workload.nltk!.trim()),
  };
}
