// The command trains networks, run as a user runs it: what it says and saves, how it is stopped and goes on, and its report.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleProgram } from '../../../../tools/vitest/program.js';
import { loadModel } from '../node.js';

let folder = '';
let program = '';
beforeAll(async () => {
  await useBackend(cpu());
  folder = mkdtempSync(join(tmpdir(), 'dl-lm-train-'));
  program = await bundleProgram(fileURLToPath(new URL('./bin.ts', import.meta.url)), folder);
  writeFileSync(
    join(folder, 'book.txt'),
    'she sells sea shells by the sea shore; the shells she sells are sea shells.\n'.repeat(20),
  );
  const names = Array.from({ length: 60 }, (_, i) => ['anna', 'hannah', 'joanna', 'johanna', 'nan'][i % 5]);
  writeFileSync(join(folder, 'names.txt'), `${names.join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const start = (...args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [program, ...args], { cwd: folder });

function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

const run = (...args: readonly string[]): Promise<Ended> => ended(start(...args));

const small = ['--hidden', '16', '--batch', '4', '--length', '16', '--lr', '0.01'];
const read = (name: string): Buffer => readFileSync(join(folder, name));

describe('train', () => {
  test('says what it learns, how well, and what it writes; the model writes, scores and is measured', async () => {
    const { code, stdout, stderr } = await run(
      'train',
      'book.txt',
      '--model',
      'gru',
      ...small,
      '--steps',
      '40',
      '--report',
      'book.html',
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/weights learns from 1,368 characters of book\.txt, 152 more are held out\n/);
    const rows = stdout.split('\n').filter((line) => /^ +\d+ +\d\.\d{3} +\d\.\d{3} +\d+:\d\d {2}\S/.test(line));
    expect(rows.map((row) => Number(row.trim().split(/ +/)[0]))).toEqual(
      Array.from({ length: 20 }, (_, i) => 2 * (i + 1)),
    );
    expect(stdout).toMatch(/\n\d\.\d{3} bits for a character of what is held out, at step \d+\n/);
    expect(stdout).toMatch(/\nsaved book\.html\nsaved book\.lm, \d+ kB; now: npx @dl\/lm sample book\.lm\n$/);
    expect(existsSync(join(folder, 'book.lm.training'))).toBe(false);

    const sample = await run('sample', '--model', 'book.lm', '--prompt', 'she ', '--length', '30', '--seed', '1');
    expect(sample).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^she .+\n/s) });
    expect(await run('sample', 'book.lm', '--prompt', 'she ', '--length', '30', '--seed', '1')).toEqual(sample);
    const measured = await run('perplexity', 'book.lm', 'book.txt');
    expect(measured.stderr).toBe('');
    const bits = Number(/^bits per character +(\S+)$/m.exec(measured.stdout)![1]);
    expect(bits).toBeLessThan(4);
    expect(measured.stdout).toMatch(/^book\.txt by book\.lm\n/);
    const scored = await run('score', 'book.lm', 'book.txt');
    expect(scored.stdout.split('\n').filter((line) => line.startsWith('-'))).toHaveLength(20);
  });

  test('writes a report with curves, figures and samples', () => {
    const html = read('book.html').toString();
    for (const heading of ['Result', 'Curves', 'Evaluations', 'What it writes in the end']) {
      expect(html).toContain(`<h2>${heading}</h2>`);
    }
    expect(html.match(/<svg/g)!.length).toBe(2);
    for (const name of ['learned from', 'held out', 'learning rate', 'bits for a character', 'book.txt']) {
      expect(html).toContain(name);
    }
    expect(html).not.toMatch(/undefined|NaN/);
  });

  test('takes each line as a text of its own', async () => {
    const { code, stdout } = await run(
      'train',
      'names.txt',
      '--lines',
      '--model',
      'rnn',
      ...small,
      '--steps',
      '20',
      '--seed',
      '2',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('characters of names.txt');
    const { stdout: samples } = await run('sample', 'names.lm', '--count', '5', '--seed', '1');
    expect(samples).toMatch(/^([ahjoen]*\n){5}$/);
  });

  test.each(['window', 'gpt'])('makes a %s, of parts of words', async (model) => {
    const sizes = model === 'gpt' ? ['--layers', '1', '--heads', '2'] : [];
    const tokens = ['--tokens', 'bpe', '--merges', '20'];
    const { code, stderr } = await run(
      'train',
      'book.txt',
      '--model',
      model,
      ...small,
      ...sizes,
      ...tokens,
      '--steps',
      '4',
      '--out',
      `${model}.lm`,
    );
    expect([code, stderr]).toEqual([0, '']);
    const { tokenizer } = await loadModel(join(folder, `${model}.lm`));
    expect(tokenizer.encode('sea shells').length).toBeLessThan(10);
  });
});

describe.skipIf(process.platform === 'win32')('what Ctrl-C has stopped', () => {
  const training = ['train', 'book.txt', '--model', 'lstm', ...small, '--steps', '400', '--held-out', '0.2'];
  const stop = async (...args: readonly string[]): Promise<Ended> => {
    const child = start(...args);
    const end = ended(child);
    let seen = '';
    child.stdout!.on('data', (text: string) => {
      // Behind the first evaluation.
      if (!/^ +20 /m.test(seen) && /^ +20 /m.test((seen += text))) child.kill('SIGINT');
    });
    return end;
  };

  test('goes on as if it had not been', async () => {
    expect(await run(...training, '--out', 'whole.lm')).toMatchObject({ code: 0, stderr: '' });
    const stopped = await stop(...training, '--out', 'my book.lm', '--report', 'stopped.html');
    expect([stopped.code, stopped.stderr]).toEqual([130, 'Stopped.\n']);
    expect(stopped.stdout).toMatch(
      /saved my book\.lm\.training; to go on: npx @dl\/lm train book\.txt --resume --out "my book\.lm"\n$/,
    );
    // What is there so far can be used.
    expect((await run('sample', 'my book.lm', '--length', '5', '--seed', '1')).code).toBe(0);
    expect(read('stopped.html').toString()).toContain('<h2>Curves</h2>');

    const again = await run(...training, '--out', 'my book.lm');
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toBe(
      'npx @dl/lm train: my book.lm.training has a training that was stopped: add --resume to go on with it, or remove it to begin anew; see npx @dl/lm train --help\n',
    );
    const rest = await run('train', 'book.txt', '--resume', '--out', 'my book.lm', '--report', 'rest.html');
    expect([rest.code, rest.stderr]).toEqual([0, '']);
    expect(rest.stdout).toMatch(/^going on behind step \d+$/m);
    expect(read('my book.lm').equals(read('whole.lm'))).toBe(true);
    expect(readdirSync(folder).filter((name) => name.endsWith('.training') || name.includes('tmp'))).toEqual([]);
    // The report is that of the whole training.
    expect(read('rest.html').toString().match(/<tr>/g)!.length).toBeGreaterThan(20);
  });
});

describe('what goes wrong is one sentence, with exit code 1', () => {
  test.each([
    [
      ['train', 'book.txt', '--model', 'lstn'],
      'train: --model is "lstn", needs one of ngram, lstm, gru, rnn, window, gpt',
    ],
    [['train', 'book.txt', '--steps', '3'], 'train: --steps is for networks, but got --model ngram'],
    [['train', 'book.txt', '--model', 'ngram', '--resume'], 'train: --resume is for networks'],
    [
      ['train', 'book.txt', '--model', 'gpt', '--order', '3'],
      'train: --order is for --model ngram, but got --model gpt',
    ],
    [
      ['train', 'book.txt', '--model', 'gpt', '--steps', '0'],
      'train: --steps is 0, needs a whole number of at least 1',
    ],
    [['train', 'book.txt', '--model', 'gpt', '--minutes', 'ten'], 'train: --minutes is "ten", needs a number'],
    [
      ['train', 'book.txt', '--model', 'gpt', '--minutes', '1', '--steps', '2'],
      'each says how long to train; give one of them',
    ],
    [
      ['train', 'book.txt', '--model', 'window', '--layers', '2'],
      "numLayers is for lstm, gru, rnn, gpt, but model is 'window'",
    ],
    [['train', 'none.txt', '--model', 'lstm'], "cannot read 'none.txt': there is no such file"],
    [['train', 'book.txt', '--resume', '--out', 'none.lm'], "cannot read 'none.lm.training'"],
    [['train', 'book.txt', '--resume', '--out', 'odd.lm'], "'odd.lm.training'"],
    [['sample', '--model', 'a.lm', 'b.lm'], 'sample: got a.lm b.lm, needs MODEL'],
  ])('%j', async (args, message) => {
    writeFileSync(join(folder, 'odd.lm.training'), 'this is no training');
    const { code, stdout, stderr } = await run(...args);
    expect(stderr).toMatch(/^npx @dl\/lm( \w+)?: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect([code, stdout.trim()]).toEqual([1, '']);
  });
});
