// Bundles what is measured, so that every measuring process starts in a moment, and on the same code throughout a run.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { benchFolder } from './paths.js';

const folder = join(benchFolder, 'node_modules', '.bundles');

const common: BuildOptions = { bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'error' };

/** Peers of which only some modules are wanted, as one module that exports what the first does. */
const peerModules = {
  tfjs: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-core/dist/register_all_gradients', '@tensorflow/tfjs-backend-cpu'],
} as const;

/** The program that measures, from our own sources. Returns its path; it is gone when this process ends. */
export async function bundleMeasure(): Promise<string> {
  const outfile = join(folder, `measure-${process.pid}.mjs`);
  process.on('exit', () => rmSync(outfile, { force: true }));
  await build({
    ...common,
    entryPoints: [join(benchFolder, 'run', 'measure.ts')],
    outfile,
    conditions: ['@dl/source'],
  });
  return outfile;
}

/** A peer's modules as one, made once for each state of package.json. Returns its address. */
export async function bundlePeer(peer: keyof typeof peerModules): Promise<string> {
  const state = createHash('sha256')
    .update(readFileSync(join(benchFolder, 'package.json')))
    .digest('hex')
    .slice(0, 12);
  const outfile = join(folder, `${peer}-${state}.mjs`);
  if (!existsSync(outfile)) {
    mkdirSync(folder, { recursive: true });
    const entry = join(folder, `${peer}-${process.pid}-entry.mjs`);
    const [first, ...others] = peerModules[peer];
    writeFileSync(entry, [`export * from '${first}';`, ...others.map((name) => `import '${name}';`)].join('\n'));
    const unfinished = join(folder, `${peer}-${process.pid}.mjs`);
    await build({
      ...common,
      entryPoints: [entry],
      outfile: unfinished,
      mainFields: ['module', 'main'],
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
    renameSync(unfinished, outfile);
    rmSync(entry);
  }
  return pathToFileURL(outfile).href;
}
