// The peers: installed into bench/node_modules when they are first needed, and when package.json changes.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pinnedPnpm } from '../../tools/run/pnpm.mjs';
import type { Peers } from '../engines/index.js';
import { bundleCheckout, bundlePeer } from './bundle.js';
import { compileMicroKernels } from './micro-kernel.js';
import { benchFolder } from './paths.js';

const manifest = join(benchFolder, 'package.json');
const stamp = join(benchFolder, 'node_modules', '.bench-setup');

export function installPeers(): void {
  const wanted = readFileSync(manifest, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log('Installing the peers into bench/node_modules, once …');
  const { status } = spawnSync(
    'npx',
    [
      '--yes',
      pinnedPnpm(),
      'install',
      '--frozen-lockfile',
      '--ignore-workspace',
      '--ignore-scripts',
      '--reporter=silent',
    ],
    {
      cwd: benchFolder,
      stdio: 'inherit',
      shell: process.platform === 'win32',
      // What ONNX Runtime would download on installation are its GPU libraries, which nothing here uses.
      env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
    },
  );
  if (status !== 0)
    throw new Error('the peers could not be installed: see above; the versions stand in bench/package.json');
  writeFileSync(stamp, wanted);
}

/**
 * Where the peers are, for those that measure.
 *
 * @param against the folder of another checkout of this repository.
 */
export async function findPeers(against?: string): Promise<Peers> {
  const { dependencies } = JSON.parse(readFileSync(manifest, 'utf8')) as { dependencies: Record<string, string> };
  return {
    tfjs: {
      url: await bundlePeer('tfjs'),
      files: join(benchFolder, 'node_modules', '@tensorflow', 'tfjs-backend-wasm', 'dist'),
    },
    jax: dependencies['@jax-js/jax']!,
    torch: { python: findPython(), server: join(benchFolder, 'engines', 'torch_server.py') },
    nltk: join(benchFolder, 'engines', 'nltk_server.py'),
    npm: join(benchFolder, 'node_modules'),
    ...(against !== undefined && {
      checkout: { url: await bundleCheckout(resolve(against)), name: revision(resolve(against)) },
    }),
    microKernel: await compileMicroKernels(),
  };
}

/** The commit of a checkout, or the folder's name where git knows of none. */
function revision(checkout: string): string {
  const { stdout, status } = spawnSync('git', ['-C', checkout, 'describe', '--always', '--dirty', '--abbrev=7'], {
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : basename(checkout);
}

/** The system's Python, which has PyTorch when a package of the system brought it; DL_PYTHON names another one. */
export function findPython(): string {
  return process.env['DL_PYTHON'] ?? (existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3');
}
