// Builds the packages from nothing and packs each into a tarball.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, type WorkspacePackage } from '../lib/packages.js';
import { pnpm } from '../run/pnpm.mjs';
import { exec } from './exec.js';

export interface Tarball extends WorkspacePackage {
  tarball: string;
}

export function buildAndPack(packages: readonly WorkspacePackage[], destination: string): Tarball[] {
  // What an earlier build left behind would be packed too.
  for (const { path } of packages) rmSync(join(path, 'dist'), { recursive: true, force: true });
  const filters = packages.map(({ manifest }) => `--filter=${manifest.name}`);
  runPnpm(['exec', 'turbo', 'run', 'build', ...filters], root);

  return packages.map((each) => {
    const tarball = join(destination, tarballName(each.manifest.name));
    runPnpm(['pack', '--out', tarball], each.path);
    return { ...each, tarball };
  });
}

/** `dl-autograd.tgz`: without the version, so that what the READMEs say stays true. */
export const tarballName = (name: string): string => `${name.replace('@', '').replace('/', '-')}.tgz`;

function runPnpm(command: string[], cwd: string): void {
  const { file, args, shell } = pnpm(command);
  exec(file, args, { cwd, shell, env: { TURBO_TELEMETRY_DISABLED: '1' } });
}
