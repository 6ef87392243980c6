// What the command line says when it cannot go on.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const runFile = fileURLToPath(new URL('../run.mjs', import.meta.url));

function run(args: string[], nodeArgs: string[] = []) {
  const { status, stderr } = spawnSync(process.execPath, [...nodeArgs, runFile, ...args], { encoding: 'utf8' });
  return { status, stderr: stderr.trimEnd() };
}

test('a Node that is too old is told so in one sentence', () => {
  const pretend = 'Object.defineProperty(process, "versions", { value: { node: "20.18.9" } })';
  expect(run(['test'], ['--import', `data:text/javascript,${pretend}`])).toEqual({
    status: 1,
    stderr:
      'This workspace needs Node 20.19 or newer, but this is Node 20.18.9: ' +
      'install a newer Node and run the same command again.',
  });
});

test('a command that does not exist names those that do', () => {
  const { status, stderr } = run(['strat']);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^There is no command "strat". Commands: start, test, .*lint, .*/);
});
