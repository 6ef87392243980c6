// The three lines of the README that choose a device, and what they print.

import { tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { gpu } from '@dl/kernels-gpu';

export async function swap(print: (line: string) => void): Promise<void> {
  const backend = await useBackend([gpu(), cpu()]);
  const { name, engine, passedOver } = backend.info();
  for (const { name, reason } of passedOver) print(`not ${name}: ${reason}`);

  print(`${name} ${engine}`);
  print(String(await tensor([1, 2, 3]).square().sum().data()));
}
