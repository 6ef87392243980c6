// Bundles what is measured, once for each run, so that every measuring process starts in a moment and on the same code.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { benchFolder } from './paths.js';

const folder = join(benchFolder, 'node_modules', '.bundles');

/** Peers of which only some modules are wanted, as one: `import … from` what follows. */
const peerModules: Readonly<Record<string, readonly string[]>> = {
  tfjs: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-core/dist/register_all_gradients', '@tensorflow/tfjs-backend-cpu'],
};

/** The program that measures, from our own sources. Returns its path. */
export async function bundleMeasure(): Promise<string> {
  const outfile = join(folder, 'measure.mjs');
  await build({
    entryPoints: [join(benchFolder, 'run', 'measure.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@dl/source'],
  });
  return outfile;
}

/** A peer's modules as one. Returns its address. */
export async function bundlePeer(peer: string): Promise<string> {
  const modules = peerModules[peer];
  if (modules === undefined) throw new Error(`no modules are known for the peer ${peer}`);
  mkdirSync(folder, { recursive: true });
  const entry = join(folder, `${peer}-entry.mjs`);
  const outfile = join(folder, `${peer}.mjs`);
  writeFileSync(
    entry,
    modules.map((name, i) => (i === 0 ? `export * from '${name}';` : `import '${name}';`)).join('\n'),
  );
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    mainFields: ['module', 'main'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  return pathToFileURL(outfile).href;
}
