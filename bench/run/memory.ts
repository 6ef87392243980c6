// Peak memory of a process that makes training steps, goes through attention and back or counts n-grams, ours beside PyTorch's.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bundleProgram } from './bundle.js';
import { benchFolder } from './paths.js';
import { findPython } from './peers.js';

export interface PeakMemory {
  readonly network: string;
  readonly engine: string;
  /** Resident memory in MiB: after the library was loaded, and at most. */
  readonly start: number;
  readonly peak: number;
}

const networks = {
  lenet: 'LeNet-5, batch 64',
  vgg16: 'VGG-16, 224x224, batch 2',
  attention: 'causal attention, 8 heads, 4096',
  ngrams: 'counting 1000000 tokens to order 5',
} as const;
export type Network = keyof typeof networks;

export async function measureMemory(): Promise<PeakMemory[]> {
  const program = await bundleProgram('peak-memory');
  const server = join(benchFolder, 'engines', 'torch_memory.py');
  const found: PeakMemory[] = [];
  for (const [key, network] of Object.entries(networks)) {
    const commands: Readonly<Record<string, readonly string[]>> = {
      'dl wasm 1 thread': [process.execPath, program, key],
      ...(key !== 'ngrams' && { 'torch 1 thread': [findPython(), server, key] }),
    };
    for (const [engine, [file, ...args]] of Object.entries(commands)) {
      const { stdout, stderr, status } = spawnSync(file!, args, { encoding: 'utf8' });
      if (status !== 0) {
        console.log(`left out: ${engine}, ${network}: ${stderr?.trim().split('\n').at(-1) ?? `cannot run ${file}`}`);
        continue;
      }
      const { start, peak } = JSON.parse(stdout.trim().split('\n').at(-1)!) as Pick<PeakMemory, 'start' | 'peak'>;
      found.push({ network, engine, start, peak });
    }
  }
  return found;
}

export function memoryLine({ network, engine, start, peak }: PeakMemory): string {
  return `${network.padEnd(32)} ${engine.padEnd(18)} ${peak} MiB at most, ${start} at the start`;
}
