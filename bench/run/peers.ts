// The peers: installed into bench/node_modules when they are first needed, and when package.json changes.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pinnedPnpm } from '../../tools/run/pnpm.mjs';
import { benchFolder } from './paths.js';

const manifest = join(benchFolder, 'package.json');
const stamp = join(benchFolder, 'node_modules', '.bench-setup');

export function installPeers(): void {
  const wanted = readFileSync(manifest, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log('Installing the peers into bench/node_modules, once …');
  const { status } = spawnSync(
    'npx',
    ['--yes', pinnedPnpm(), 'install', '--frozen-lockfile', '--ignore-workspace', '--reporter=silent'],
    { cwd: benchFolder, stdio: 'inherit', shell: process.platform === 'win32' },
  );
  if (status !== 0)
    throw new Error('the peers could not be installed: see above; the versions stand in bench/package.json');
  writeFileSync(stamp, wanted);
}
