// The page of the bundle test: what the kernels give, or why there is none.

import { useBackend } from '@dl/autograd';
import { gpu } from '@dl/kernels-gpu';
import { families } from './families.js';

async function main(): Promise<unknown> {
  const backend = gpu();
  await useBackend(backend, { strict: true });
  return { engine: backend.info().engine, values: await families(backend) };
}

const answer = main().catch((error: unknown) => ({ error: String(error) }));
Object.assign(globalThis, { answer });
