// Bundles what is measured, so that every measuring process starts in a moment, and on the same code throughout a run.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { benchFolder } from './paths.js';

const folder = join(benchFolder, 'node_modules', '.bundles');

const common: BuildOptions = { bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'error' };

/** Peers of which only some modules are wanted, as one module that exports what the first two do. */
const peerModules = {
  tfjs: [
    '@tensorflow/tfjs-core',
    '@tensorflow/tfjs-backend-wasm',
    '@tensorflow/tfjs-core/dist/register_all_gradients',
    '@tensorflow/tfjs-backend-cpu',
  ],
  // With the CPU backend, to which it sends ops on few numbers that are not on the device yet.
  tfjsWebgl: [
    '@tensorflow/tfjs-core',
    '@tensorflow/tfjs-backend-webgl',
    '@tensorflow/tfjs-core/dist/register_all_gradients',
    '@tensorflow/tfjs-backend-cpu',
  ],
} as const;

/** Of those that measure in a page. */
const forPage: BuildOptions = { platform: 'browser', target: 'es2022' };

/** A program of this folder that measures, from our own sources. Returns its path; it is gone when this process ends. */
export async function bundleProgram(name: 'measure' | 'peak-memory' | 'gpu-page'): Promise<string> {
  const outfile = join(folder, `${name}-${process.pid}.mjs`);
  process.on('exit', () => rmSync(outfile, { force: true }));
  await build({
    ...common,
    ...(name === 'gpu-page' && forPage),
    entryPoints: [join(benchFolder, 'run', `${name}.ts`)],
    outfile,
    conditions: ['@dl/source'],
  });
  return outfile;
}

/**
 * The engine and the workloads of another checkout of this repository, on the packages of that checkout. It need not be installed.
 * Returns the module's address; it is gone when this process ends.
 */
export async function bundleCheckout(checkout: string): Promise<string> {
  const outfile = join(folder, `checkout-${process.pid}.mjs`);
  process.on('exit', () => rmSync(outfile, { force: true }));
  const lines = ['bench/engines/dl.ts', 'bench/workloads/index.ts'].map((path) => {
    if (existsSync(join(checkout, path))) return `export * from './${path}';`;
    throw new Error(
      `bench: --against names ${checkout}, which has no ${path}; make a checkout of a commit that has, by "git worktree add"`,
    );
  });
  await build({
    ...common,
    stdin: { contents: lines.join('\n'), resolveDir: checkout, loader: 'ts' },
    outfile,
    plugins: [ownPackages(checkout)],
  });
  return pathToFileURL(outfile).href;
}

/** Takes packages of the workspace from a checkout, by what their manifests say of their sources. */
const ownPackages = (checkout: string): Plugin => ({
  name: 'own-packages',
  setup(context) {
    context.onResolve({ filter: /^@dl\// }, ({ path }) => {
      const [name, ...rest] = path.slice('@dl/'.length).split('/');
      const home = join(checkout, 'packages', name!);
      const { exports } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as {
        exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
      };
      return { path: join(home, exports[['.', ...rest].join('/')]!['@dl/source']!) };
    });
  },
});

/** What Node needs for them to be modules. */
const forNode: BuildOptions = {
  mainFields: ['module', 'main'],
  // Every import of the bundle (with another query) gets globals of its own, so that copies do not share a state.
  define: { global: 'ownGlobal', window: 'undefined' },
  banner: {
    js: [
      "import { createRequire } from 'node:module';",
      'const require = createRequire(import.meta.url);',
      'const __dirname = import.meta.dirname;',
      'const ownGlobal = Object.create(globalThis);',
    ].join('\n'),
  },
};

/** A peer's modules as one, made once for each state of package.json and of this file. Returns its address. */
export async function bundlePeer(peer: keyof typeof peerModules): Promise<string> {
  const state = createHash('sha256')
    .update(readFileSync(join(benchFolder, 'package.json')))
    .update(readFileSync(join(benchFolder, 'run', 'bundle.ts')))
    .digest('hex')
    .slice(0, 12);
  const outfile = join(folder, `${peer}-${state}.mjs`);
  if (!existsSync(outfile)) {
    mkdirSync(folder, { recursive: true });
    const entry = join(folder, `${peer}-${process.pid}-entry.mjs`);
    const lines = peerModules[peer].map((name, i) => (i < 2 ? `export * from '${name}';` : `import '${name}';`));
    writeFileSync(entry, lines.join('\n'));
    const unfinished = join(folder, `${peer}-${process.pid}.mjs`);
    await build({
      ...common,
      entryPoints: [entry],
      outfile: unfinished,
      ...(peer === 'tfjsWebgl' ? forPage : forNode),
    });
    renameSync(unfinished, outfile);
    rmSync(entry);
  }
  return pathToFileURL(outfile).href;
}
