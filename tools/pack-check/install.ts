// An empty project with nothing but the tarballs, installed by npm as most users do. Only what the packages themselves
// depend on comes from the registry, and their optional peers, which their READMEs show in use.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '../lib/packages.js';
import { exec } from './exec.js';
import type { Tarball } from './pack.js';

/** Returns the folder of the project. */
export function installTarballs(tarballs: readonly Tarball[], folder: string): string {
  mkdirSync(folder, { recursive: true });
  const dependencies = Object.fromEntries([
    ...tarballs.flatMap(({ manifest }) => optionalPeers(manifest)),
    ...tarballs.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]),
  ]);
  const manifest = { name: 'consumer', private: true, type: 'module', dependencies };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  const windows = process.platform === 'win32';
  exec(windows ? 'npm.cmd' : 'npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: folder,
    shell: windows,
  });
  return folder;
}

function optionalPeers({ peerDependencies = {}, peerDependenciesMeta = {} }: Manifest): [string, string][] {
  return Object.entries(peerDependencies).filter(([name]) => peerDependenciesMeta[name]?.optional);
}
