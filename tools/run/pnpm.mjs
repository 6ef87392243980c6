// pnpm comes through npx, at the version in package.json's "packageManager": the only place that names it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';

const windows = process.platform === 'win32';

/** e.g. `pnpm@12.21.0` */
export function pinnedPnpm() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager;
}

/**
 * @param {string[]} args
 * @returns {import('./commands.mjs').Step}
 */
export function pnpm(args) {
  return { file: windows ? 'npx.cmd' : 'npx', args: ['--yes', pinnedPnpm(), ...args], shell: windows };
}
