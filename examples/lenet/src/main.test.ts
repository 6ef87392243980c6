// The whole program, as a user starts it: it learns, stops and goes on, and says in a sentence what it cannot do.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { loadFile, lockFile } from '@dl/checkpoint/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleProgram } from '../../../tools/vitest/program.js';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

let folder = '';
/** As one file, which starts sooner; the first test starts it as a user does. */
let bundled = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dl-lenet-'));
  bundled = await bundleProgram(main, folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the program to its end; `watch` sees what it has said so far on stderr, and may send it signals. */
function lenet(
  args: readonly string[],
  watch?: (child: ChildProcess, err: string) => void,
  program: readonly string[] = [bundled],
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...program, ...args], {
      cwd: folder,
      env: { ...process.env, INIT_CWD: folder, NO_COLOR: '1' },
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
      watch?.(child, err);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

const accuracyOf = (out: string): number => Number(/^Test accuracy (\d+\.\d\d) %/m.exec(out)?.[1]);

test('--quick learns to read, and leaves its weights and its report', async () => {
  const fromSource = ['--conditions=@dl/source', '--import', tsx, main];
  const { code, out, err } = await lenet(['--quick', '--out', 'quick'], undefined, fromSource);
  // A slow machine prints lines of progress before this one.
  expect(err).toMatch(/^epoch 1\/1 {2}loss \d\.\d+ {2}accuracy .* {2}test accuracy .* in \d:\d\d\n$/m);
  expect(code).toBe(0);
  expect(accuracyOf(out)).toBeGreaterThan(60);
  expect(out).toContain('LeNet-5 on the CPU');
  expect(out).toMatch(/^true 9( +[·\d]+){10} +\d+\.\d %$/m);
  expect(out).toContain(join('quick', 'report.html'));

  const files = readdirSync(join(folder, 'quick')).sort();
  expect(files).toEqual(['history.json', 'report.html', 'resume.safetensors', 'weights.safetensors']);
  const { tensors } = await loadFile(join(folder, 'quick', 'weights.safetensors'));
  expect(tensors['c1.weight']!.shape).toEqual([6, 1, 5, 5]);
  expect(Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0)).toBe(61_706);
  const report = readFileSync(join(folder, 'quick', 'report.html'), 'utf8');
  const parts = [
    'Result',
    'How it learned',
    'What was taken for what',
    'What it looks for',
    'What it sees',
    'Its worst',
  ];
  for (const part of parts) expect(report).toContain(`<h2>${part}`);
  for (const cell of ['npm start -- --quick --out quick', process.versions.node]) expect(report).toContain(cell);
  for (const row of ['command', 'date', 'engine', 'threads', 'version']) expect(report).toContain(`<td>${row}</td>`);
  expect(report).toContain('sure');
});

test.skipIf(process.platform === 'win32')(
  'Ctrl-C stops and saves, and --resume goes on as if nothing had happened',
  async () => {
    const args = ['--limit', '400', '--batch-size', '20', '--epochs', '3'];
    const unbroken = await lenet([...args, '--out', 'unbroken']);
    expect(unbroken.code).toBe(0);

    let sent = false;
    const stopped = await lenet([...args, '--out', 'broken'], (child, err) => {
      if (sent || !err.includes('epoch 1/3')) return;
      sent = true;
      child.kill('SIGINT');
    });
    expect(stopped.code).toBe(130);
    expect(stopped.err).toContain('Stopping after this step. Ctrl-C again quits at once.');
    expect(stopped.out).toMatch(
      /^Stopped in epoch 2 of 3, after \d+ of 20 steps\. To go on: npm start -- --resume --out broken$/m,
    );
    expect(readFileSync(join(folder, 'broken', 'report.html'), 'utf8')).toContain(
      'This run was stopped in epoch 2 of 3',
    );

    const anew = await lenet(['--limit', '100', '--epochs', '1', '--out', 'broken', '--help']);
    expect(anew.out).toContain('--resume');
    const resumed = await lenet(['--resume', '--out', 'broken']);
    expect(resumed.code).toBe(0);
    for (const name of ['unbroken', 'broken']) expect(existsSync(join(folder, name, 'report.html'))).toBe(true);
    const weights = (name: string) => readFileSync(join(folder, name, 'weights.safetensors'));
    expect(weights('broken').equals(weights('unbroken'))).toBe(true);
    const figures = (name: string) =>
      JSON.parse(readFileSync(join(folder, name, 'history.json'), 'utf8'), (key, value) =>
        key === 'seconds' ? 0 : value,
      );
    expect(figures('broken')).toEqual(figures('unbroken'));
    expect(accuracyOf(resumed.out)).toBe(accuracyOf(unbroken.out));

    const again = await lenet(['--resume', '--out', 'broken']);
    expect(again.err).toBe('nothing to train: all 3 epochs are done\n');
    expect(accuracyOf(again.out)).toBe(accuracyOf(unbroken.out));
  },
);

test.skipIf(process.platform === 'win32')('Ctrl-C twice quits at once', async () => {
  let sent = 0;
  const { code, out } = await lenet(['--limit', '400', '--epochs', '50', '--out', 'twice'], (child, err) => {
    if ((sent === 0 && err.includes('epoch  1/50')) || (sent === 1 && err.includes('again quits'))) {
      sent++;
      child.kill('SIGINT');
    }
  });
  expect(code).toBe(130);
  expect(out).not.toContain('Test accuracy');
});

describe('mistakes get one sentence, exit code 1 and no stack', () => {
  const digits = () => {
    const path = join(folder, 'short');
    mkdirSync(path, { recursive: true });
    writeFileSync(
      join(path, 'train-images-idx3-ubyte'),
      Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28, 1),
    );
    return path;
  };

  test.each([
    ['an unknown flag', () => ['--fast'], 'there is no option --fast; --help lists them all'],
    [
      'no run to go on with',
      () => ['--resume', '--out', 'none'],
      "--resume: there is no run to go on with in 'none'; leave it out to begin one",
    ],
    [
      'no such folder',
      () => ['--data', 'nowhere'],
      /^loadMnist: cannot read '.*nowhere', needs a folder with the four files of MNIST/,
    ],
    ['a truncated file', () => ['--data', digits()], /train-images-idx3-ubyte.* 1568 .* 1/],
    [
      'a file for a folder',
      () => ['--quick', '--out', join(digits(), 'train-images-idx3-ubyte')],
      /^--out: the folder '.*' cannot be made; is there a file of that name\?/,
    ],
  ])('%s', async (_, args, message) => {
    const { code, out, err } = await lenet(args());
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(err.trimEnd()).toMatch(message);
    expect({ code, out }).toEqual({ code: 1, out: '' });
  });

  test('a folder that another run writes', async () => {
    mkdirSync(join(folder, 'taken'), { recursive: true });
    const release = await lockFile(join(folder, 'taken', 'run.lock'));
    const { code, err } = await lenet(['--quick', '--out', 'taken']);
    expect(err).toMatch(new RegExp(`'.*run\\.lock' is held by process ${process.pid}; wait for its end, .*\\n$`));
    expect(code).toBe(1);
    await release();
    expect(readdirSync(join(folder, 'taken'))).toEqual([]);
  });

  test('a damaged state', async () => {
    mkdirSync(join(folder, 'damaged'), { recursive: true });
    writeFileSync(join(folder, 'damaged', 'resume.safetensors'), 'what');
    const { code, err } = await lenet(['--resume', '--out', 'damaged']);
    expect(err).toMatch(/^loadState: '.*resume\.safetensors': fromSafetensors: 4 bytes are too few .*\n$/);
    expect(code).toBe(1);
  });
});

test('real MNIST: a part of it is enough to read most of the rest', async ({ skip }) => {
  const root = process.env['DL_DATA'];
  if (root === undefined) skip('needs MNIST: set DL_DATA to a folder that has mnist/train-images-idx3-ubyte.gz');
  const args = [
    '--data',
    join(root!, 'mnist'),
    '--limit',
    '4000',
    '--epochs',
    '1',
    '--batch-size',
    '16',
    '--out',
    'mnist',
  ];
  const { code, out } = await lenet(args);
  expect(code).toBe(0);
  expect(out).toContain('4,000 digits of MNIST');
  expect(accuracyOf(out)).toBeGreaterThan(88);
});
