// Ctrl-C and exit codes, with a real program in a real process.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import { run } from './child.mjs';

const child = new URL('./child.mjs', import.meta.url).href;

/** Starts a process that runs `program`, as tools/run.mjs would, and resolves when the program has said something. */
async function start(program: string) {
  const driver = `
    const { forwardSignals, run } = await import(${JSON.stringify(child)});
    forwardSignals();
    const code = await run(process.execPath, ['-e', ${JSON.stringify(program)}]);
    const next = await run(process.execPath, ['-e', 'console.log("next step")']);
    process.exit(code || next);`;
  const process_ = spawn(process.execPath, ['--input-type=module', '-e', driver], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  process_.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const ended = once(process_, 'close').then(([code]) => ({ code: code as number, output }));
  await once(process_.stdout, 'data');
  return { signal: (name: NodeJS.Signals) => process_.kill(name), ended };
}

const countsInterrupts = `
  let count = 0;
  process.on('SIGINT', () => {
    count++;
    setTimeout(() => { console.log('heard', count); process.exit(7); }, 200);
  });
  setInterval(() => {}, 1000);
  console.log('ready');`;

test('a program hears an interruption once, however often it is echoed, is waited for, and its exit code passes', async () => {
  const { signal, ended } = await start(countsInterrupts);
  signal('SIGINT');
  await new Promise((resolve) => setTimeout(resolve, 30));
  signal('SIGINT');
  expect(await ended).toEqual({ code: 7, output: 'ready\nheard 1\n' });
});

test('a program that a signal ends counts as 128 + its number, and no further step runs', async () => {
  const { signal, ended } = await start(`setInterval(() => {}, 1000); console.log('ready');`);
  signal('SIGINT');
  expect(await ended).toEqual({ code: 130, output: 'ready\n' });
});

test('after a program that ended by itself, the next step runs', async () => {
  const { ended } = await start(`console.log('ready');`);
  expect(await ended).toEqual({ code: 0, output: 'ready\nnext step\n' });
});

test('a program that is not there is told in one sentence', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => {});
  expect(await run('no-such-program', [])).toBe(127);
  expect(said.mock.calls).toEqual([
    [expect.stringMatching(/^no-such-program could not be started \(.*ENOENT\): it comes with Node, so see that/)],
  ]);
});
