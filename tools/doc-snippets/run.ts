// Runs one block as a module of plain JavaScript, as if it were the first thing that the program does.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
// Node loads it once for all blocks, and it lives on its globals: they have to be there before the first.
import '@tensorflow/tfjs-core';
import { vi } from 'vitest';
import { bundlePackages } from './bundle.js';
import { toJavaScript } from './to-javascript.js';
import type { WrittenSnippet } from './write.js';

let bundled: Promise<ReadonlyMap<string, string>> | undefined;

/** Resolves when the block has run to its end; rejects with what it threw. */
export async function runSnippet(snippet: Pick<WrittenSnippet, 'path' | 'needsUsing'>): Promise<void> {
  bundled ??= bundlePackages();
  const file = writeProgram(snippet, await bundled);
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

/**
 * What runs: the block with the packages as they were bundled. Only TypeScript is translated; of JavaScript every other word reaches this
 * Node as it is.
 */
function writeProgram(
  { path, needsUsing }: Pick<WrittenSnippet, 'path' | 'needsUsing'>,
  packages: ReadonlyMap<string, string>,
): string {
  const code = readFileSync(path, 'utf8');
  const program = (needsUsing ? code : toJavaScript(code)).replaceAll(
    /((?:\bfrom|\bimport|\bimport\()\s*)'(@dl\/[^']*)'/g,
    (all, before: string, name: string) => {
      const file = packages.get(name);
      return file === undefined ? all : `${before}${JSON.stringify(file)}`;
    },
  );
  const file = path.replace(/\.ts$/, needsUsing ? '.run.ts' : '.run.js');
  writeFileSync(file, program);
  return file;
}
