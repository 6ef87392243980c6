// A page that does not ask for a GPU.

import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { families } from './families.js';

async function main(): Promise<unknown> {
  return families(await useBackend(cpu({ engine: 'typescript' })));
}

Object.assign(globalThis, { answer: main() });
