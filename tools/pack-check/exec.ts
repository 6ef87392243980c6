// Runs a program to its end, quietly: what it printed is told only when it failed.

import { spawnSync } from 'node:child_process';

export interface ExecOptions {
  cwd: string;
  env?: Record<string, string>;
  shell?: boolean | undefined;
}

export function exec(file: string, args: readonly string[], { cwd, env = {}, shell = false }: ExecOptions): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    cwd,
    env: { ...process.env, ...env },
    shell,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (error) throw error;
  if (status !== 0)
    throw new Error(`${stdout}${stderr}`.trim() || `${file} ${args.join(' ')} ended with code ${status}`);
  return stdout;
}

/** A program of the workspace's node_modules, run by this Node. */
export function execNode(script: string, args: readonly string[], options: ExecOptions): string {
  return exec(process.execPath, [script, ...args], options);
}
