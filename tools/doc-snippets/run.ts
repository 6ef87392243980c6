// Runs one block as a module, as if it were the first thing that the program does.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
// Node loads it once for all blocks, and it lives on its globals: they have to be there before the first.
import '@tensorflow/tfjs-core';
import { vi } from 'vitest';

/** Resolves when the block has run to its end; rejects with what it threw. */
export async function runSnippet(path: string): Promise<void> {
  // Blocks are independent: each has fresh packages, no globals of another, and a folder of its own to write into.
  const globals = new Set(Reflect.ownKeys(globalThis));
  const folder = mkdtempSync(join(tmpdir(), 'dl-snippet-'));
  const before = process.cwd();
  vi.resetModules();
  process.chdir(folder);
  try {
    await import(/* @vite-ignore */ pathToFileURL(path).href);
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
    for (const key of Reflect.ownKeys(globalThis)) {
      if (!globals.has(key)) Reflect.deleteProperty(globalThis, key);
    }
  }
}
