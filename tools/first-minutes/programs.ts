// Runs programs as a user would, one after another or side by side; what they print is handed back.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../lib/packages.js';

const windows = process.platform === 'win32';

/** Resolves to what the program printed; rejects with that when it failed. */
export function run(
  program: 'npm' | 'node' | 'tsc',
  args: readonly string[],
  { cwd }: { cwd: string },
): Promise<string> {
  const [file, before] = programs[program];
  return new Promise((resolve, reject) => {
    execFile(
      file,
      [...before, ...args],
      { cwd, env: environment(), encoding: 'utf8', maxBuffer: 2 ** 26, shell: windows && program === 'npm' },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`.trim() || error.message));
      },
    );
  });
}

const programs = {
  npm: [windows ? 'npm.cmd' : 'npm', []],
  node: [process.execPath, []],
  tsc: [process.execPath, [join(root, 'node_modules/typescript/bin/tsc')]],
} as const;

/** A user's shell: without the workspace's conditions and npm's own variables, and with an npm that asks no more than it must. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => name !== 'NODE_OPTIONS' && !/^npm_(package|lifecycle)/i.test(name),
  );
  return {
    ...Object.fromEntries(own),
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_prefer_offline: 'true',
  };
}
