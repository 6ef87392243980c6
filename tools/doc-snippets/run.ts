// Runs one block as a module of plain JavaScript, as if it were the first thing that the program does.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
// Node loads it once for all blocks, and it lives on its globals: they have to be there before the first.
import '@tensorflow/tfjs-core';
import { vi } from 'vitest';
import { toJavaScript } from './to-javascript.js';
import type { WrittenSnippet } from './write.js';

/** Resolves when the block has run to its end; rejects with what it threw. */
export async function runSnippet({ path, needsUsing }: Pick<WrittenSnippet, 'path' | 'needsUsing'>): Promise<void> {
  const file = needsUsing ? path : writeJavaScript(path);
  // Blocks are independent: each has fresh packages, no globals of another, and a folder of its own to write into.
  const globals = new Set(Reflect.ownKeys(globalThis));
  const folder = mkdtempSync(join(tmpdir(), 'dl-snippet-'));
  const before = process.cwd();
  vi.resetModules();
  process.chdir(folder);
  try {
    await import(/* @vite-ignore */ pathToFileURL(file).href);
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
    for (const key of Reflect.ownKeys(globalThis)) {
      if (!globals.has(key)) Reflect.deleteProperty(globalThis, key);
    }
  }
}

/** Only TypeScript is translated before it runs; of JavaScript every word reaches this Node as it is. */
function writeJavaScript(path: string): string {
  const file = path.replace(/\.ts$/, '.js');
  writeFileSync(file, toJavaScript(readFileSync(path, 'utf8')));
  return file;
}
