// The TypeScript engine: a kernel for every op, as readable as it can be.

import type { KernelEntry } from '@dl/autograd';
import * as files from './files.js';

/** The kernels, each with its op. */
export function typescriptKernels(): KernelEntry[] {
  return Object.values(files).flatMap((file): KernelEntry[] => Object.values(file));
}
