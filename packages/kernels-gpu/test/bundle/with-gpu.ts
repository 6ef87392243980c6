// The page of the bundle test: what the kernels give and which of them ran, or why there is none.

import { useBackend } from '@dl/autograd';
import { gpu } from '@dl/kernels-gpu';
import { families } from './families.js';

async function main(): Promise<unknown> {
  const backend = gpu();
  const ran = new Set<string>();
  for (const [op, run] of backend.kernels) {
    backend.kernels.set(op, (inputs, attrs) => {
      ran.add(op.name);
      run(inputs, attrs);
    });
  }
  await useBackend(backend, { strict: true });
  const values = await families(backend);
  return { engine: backend.info().engine, values, ran: [...ran] };
}

const answer = main().catch((error: unknown) => ({ error: String(error) }));
Object.assign(globalThis, { answer });
